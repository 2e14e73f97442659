import { fstatSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { seekToEnd } from '../../../linux/descriptors.js';
import { hasCode } from '../../../linux/errno.js';
import { statusAt } from '../../../linux/status.js';
import { escapeText } from '../../../varlink/text.js';
import type { ByteSink } from '../../formats/bytes.js';
import { cloneOrCopy, dataExtents } from '../../formats/disk/copy.js';
import { changed, isUnchanged } from '../../formats/unchanged.js';
import { describeAs } from '../../images/copy/copy.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { HeldImage } from '../../images/install/hold.js';
import { cleanStale, type Temporary } from '../../images/install/temporary.js';
import { mergeStack } from '../../images/layers/merge-stack.js';
import type { ImageHost } from '../../images/layout/host.js';
import { ImageRoot } from '../../images/layout/root.js';
import { dataDescriptor, firstFileDescriptor, log, tell } from '../ipc/channel.js';
import { FrameWriter } from '../ipc/frames.js';
import type { ExportPlacementOrder, MovedBytes } from '../ipc/messages.js';
import { waitForPermission } from '../ipc/orders.js';
import { ProgressReport } from '../ipc/progress.js';
import { logFailure } from '../ipc/try-all.js';
import { sendLayer } from './export-layer.js';
import { ExportSink, targetFailure, writebackOf } from './export-target.js';
import { exportTree } from './export-tree.js';

const blockSize = 1024 * 1024;
const target = firstFileDescriptor;

/** Sends a disk as a plain run of bytes; its holes are sent as zeros without being read. */
function sendDisk(source: number, sink: ByteSink): number {
  const { size } = fstatSync(source);
  const report = new ProgressReport(size);
  const block = Buffer.alloc(blockSize);
  const zeros = Buffer.alloc(blockSize);
  let position = 0;
  const send = (end: number, fill: (length: number) => Buffer): void => {
    while (position < end) {
      const length = Math.min(blockSize, end - position);
      sink.write(fill(length), 0, length);
      position += length;
      report.advance(position);
    }
  };
  const read = (length: number): Buffer => {
    for (let count = 0; count < length; ) {
      const more = readSync(source, block, count, length - count, position + count);
      if (more === 0) throw changed('the image', position);
      count += more;
    }
    return block;
  };
  for (const { start, end } of dataExtents(source, 0, size)) {
    send(start, () => zeros);
    send(end, read);
  }
  send(size, () => zeros);
  report.finish(size);
  return size;
}

/**
 * Sends a disk that nobody writes to meanwhile.
 *
 * @throws Failure Corrupt when somebody has: parts of it are older than others then
 * @throws whatever `send` throws
 */
function whileUnchanged<Result>(
  source: number,
  send: () => Result,
  isOfOneMoment: (result: Result) => boolean,
): Result {
  const before = statusAt(source, '');
  const result = send();
  if (!isOfOneMoment(result) && !isUnchanged(statusAt(source, ''), before)) throw changed('the image');
  return result;
}

function cloneDisk(source: number): MovedBytes {
  const { size } = fstatSync(source);
  const report = new ProgressReport(size);
  const writeback = writebackOf(target);
  const onProgress = (bytes: number): void => {
    report.advance(bytes);
    writeback?.reached(bytes);
  };
  const copy = () => cloneOrCopy(source, target, { onProgress, subject: 'The exported image' });
  try {
    whileUnchanged(source, copy, ({ cloned }) => cloned);
  } catch (error) {
    throw targetFailure(error, target);
  }
  // The caller shares the offset, and may go on writing: behind the image.
  seekToEnd(target);
  report.finish(size);
  return { bytes: size, sha256: undefined, decodedBytes: size };
}

/** @throws Failure UnsupportedFormat when what was asked for cannot be made of an image of its kind */
function checkFormat({ path, format }: ExportPlacementOrder, source: number): void {
  const status = fstatSync(source);
  if (format === 'raw' ? status.isFile() : status.isDirectory()) return;
  const [kind, needed] = status.isFile()
    ? ['a disk image', 'export-raw']
    : status.isDirectory()
      ? ['a directory tree', 'export-tar']
      : ['a device', 'dd'];
  const message = `Cannot export ${escapeText(path)} with export-${format}: it is ${kind}; use ${needed}`;
  throw new Failure('UnsupportedFormat', message, { needed, allowed: `export-${format}` });
}

/** Sends an image the way that the order asks for. */
function sendImage(order: ExportPlacementOrder, source: number): MovedBytes {
  if (order.format === 'oci') return sendLayer(order, source);
  const sendWhole = (from: number, sink: ByteSink) =>
    whileUnchanged(
      from,
      () => sendDisk(from, sink),
      () => false,
    );
  const sendTree = (from: number, sink: ByteSink) => exportTree(order.path, from, sink);
  const send = order.format === 'raw' ? sendWhole : sendTree;
  if (order.encoded) {
    const frames = new FrameWriter(dataDescriptor, 'decode');
    frames.beginPart('image');
    send(source, frames);
    frames.endPart();
    frames.end();
    return { bytes: frames.written, sha256: undefined, decodedBytes: frames.written };
  }
  if (order.format === 'raw' && !order.digest && order.wholeFile) return cloneDisk(source);
  const sink = new ExportSink(target, order.digest);
  send(source, sink);
  return { bytes: sink.bytes, sha256: sink.digest(), decodedBytes: sink.bytes };
}

/**
 * Reads an image and sends it to the decode process, to be compressed, or straight to the caller.
 *
 * @throws Failure ImageBusy while the image is being removed
 * @throws Failure UnsupportedFormat when what was asked for cannot be made of it
 * @throws Failure Corrupt when it changes meanwhile
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be read, or the caller takes no more bytes
 * @throws Failure WorkerFailed when the decode process has ended
 */
export function placeExport(order: ExportPlacementOrder, host: ImageHost): void {
  if (!sendHeld(order, host)) removeReplaced(dirname(order.path));
}

/** What a stack shows to a container, as one tree beside it. */
function mergedFrom(root: ImageRoot, path: string, stack: number, { settings }: ImageHost): Temporary {
  return failOn(path, () => mergeStack(root, stack, settings));
}

/** Gives back whether what was sent still has its name. */
function sendHeld(order: ExportPlacementOrder, host: ImageHost): boolean {
  using held = HeldImage.open(order.path, order.name, host);
  const source = held.descriptor;
  checkFormat(order, source);
  using root = order.path.endsWith('.mstack') ? ImageRoot.open(dirname(order.path)) : undefined;
  using merged = root && mergedFrom(root, order.path, source, host);
  const sent = merged?.descriptor ?? source;
  tell({ type: 'exported', outcome: failOn(order.path, () => sendImage(order, sent)) });
  // Once the daemon knows that no more bytes follow: they would change the times again.
  if (order.format === 'raw' && order.wholeFile && waitForPermission('endExport') !== undefined) describeTarget(source);
  return held.isStillThere();
}

/** Whoever replaced the image meanwhile had to leave the old one to us. */
function removeReplaced(directory: string): void {
  using root = ImageRoot.open(directory);
  cleanStale(root, { onFailure: logFailure });
}

/** A file that holds an image has its times and `user.*` attributes, compressed or not, where that is allowed. */
function describeTarget(source: number): void {
  try {
    describeAs(source, target, {
      keepOrigin: true,
      warn: (message) => log('warning', message),
      subject: 'the exported file',
    });
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
    log('debug', 'The exported file could not be given the times of the image');
  }
}
