import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import type { ByteSink } from '../../formats/bytes.js';
import { openEncoder } from '../../formats/compression/encoder.js';
import type { CodecHost } from '../../formats/compression/host.js';
import { layerHeader, layerOffset, type StoredLayer, writeRest } from '../../formats/oci/archive/archive-writer.js';
import { dataDescriptor, firstFileDescriptor } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { LayerCompression, MovedBytes, OciEncodeOrder } from '../ipc/messages.js';
import { configPart } from '../ipc/parts.js';
import { ExportSink, targetFailure } from '../placement/export-target.js';
import { startBlockThread } from './encode-export.js';

const blockSize = 1024 * 1024;
const target = firstFileDescriptor;
/** For the layer, where the caller's descriptor has to be written from its beginning to its end. */
const kept = firstFileDescriptor + 1;

/** Passes a layer on, and finds out what it is when all of it has come. */
class LayerSink implements ByteSink {
  readonly #hash = createHash('sha256');
  readonly #sink: ByteSink;
  #bytes = 0;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  write(buffer: Buffer, offset: number, length: number): void {
    this.#hash.update(buffer.subarray(offset, offset + length));
    this.#sink.write(buffer, offset, length);
    this.#bytes += length;
  }

  stored(compression: LayerCompression): StoredLayer {
    return { sha256: this.#hash.digest('hex'), bytes: this.#bytes, compression };
  }
}

/** Does something with the temporary file, or the target. @throws Failure InsufficientSpace, FileSystemError */
function attempt<Result>(descriptor: number, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw descriptor === kept
      ? targetFailure(error, kept, 'The temporary file of the layer')
      : targetFailure(error, target);
  }
}

function writeAt(descriptor: number, bytes: Buffer, position: number): void {
  attempt(descriptor, () => {
    for (let done = 0; done < bytes.length; )
      done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  });
}

/** The temporary file, from its beginning. */
function keptSink(): ByteSink {
  let position = 0;
  return {
    write(buffer, offset, length) {
      writeAt(kept, buffer.subarray(offset, offset + length), position);
      position += length;
    },
  };
}

function copyKept({ bytes }: StoredLayer, sink: ByteSink): void {
  const block = Buffer.allocUnsafe(blockSize);
  for (let position = 0; position < bytes; ) {
    const wanted = Math.min(blockSize, bytes - position);
    const count = attempt(kept, () => readSync(kept, block, 0, wanted, position));
    if (count === 0) throw new RangeError('past the end of the kept layer');
    sink.write(block, 0, count);
    position += count;
  }
}

/** Encodes the layer. What it is compressed to does not depend on how many processors there are. */
function encodeLayer(
  frames: FrameReader,
  sink: ByteSink,
  { compression, threads }: OciEncodeOrder,
  host: CodecHost,
): StoredLayer {
  const layer = new LayerSink(sink);
  // On one thread it would be one gzip member, or one zstd job, instead of several.
  const atLeastTwo = Math.max(2, threads);
  using encoder = openEncoder(compression, layer, { threads: atLeastTwo, startThread: startBlockThread, host });
  const block = Buffer.allocUnsafe(blockSize);
  for (let count = frames.read(block, 0, blockSize); count > 0; count = frames.read(block, 0, blockSize))
    encoder.write(block, 0, count);
  encoder.finish();
  return layer.stored(compression);
}

function readConfig(frames: FrameReader): Buffer {
  const parts: Buffer[] = [];
  const block = Buffer.allocUnsafe(64 * 1024);
  for (let count = frames.read(block, 0, block.length); count > 0; count = frames.read(block, 0, block.length))
    parts.push(Buffer.from(block.subarray(0, count)));
  return Buffer.concat(parts);
}

/** @throws Error when another part comes, which is a mistake */
function expectPart(frames: FrameReader, name: string): void {
  const found = frames.nextPart();
  if (found !== name) throw new Error(`'${found}' came where '${name}' was waited for`);
}

/**
 * Makes the archive of an OCI image of what comes from the placement process, in the caller's descriptor.
 *
 * @throws Failure InsufficientSpace, FileSystemError when the descriptor, or the temporary file, takes no more bytes
 * @throws Failure UnsupportedFormat when neither library nor program of the compression is installed
 * @throws Failure Corrupt when the compression fails
 * @throws Failure WorkerFailed when the placement process ends before it has sent all
 */
export function encodeOci(order: OciEncodeOrder, host: CodecHost): MovedBytes {
  const { digest, inPlace, name } = order;
  const frames = new FrameReader(dataDescriptor, 'placement');
  const sink = new ExportSink(target, digest);
  expectPart(frames, 'image');
  if (inPlace) sink.write(Buffer.alloc(layerOffset), 0, layerOffset);
  const layer = encodeLayer(frames, inPlace ? sink : keptSink(), order, host);
  const header = layerHeader(layer);
  if (inPlace) writeAt(target, header, 0);
  else {
    sink.write(header, 0, header.length);
    copyKept(layer, sink);
  }
  expectPart(frames, configPart);
  const manifestDigest = writeRest(sink, layer, readConfig(frames), name);
  frames.nextPart();
  return { bytes: sink.bytes, sha256: sink.digest(), decodedBytes: frames.received, manifestDigest };
}
