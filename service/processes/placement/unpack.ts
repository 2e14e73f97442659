import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { ImageSettings } from '../../../common/environment.js';
import { errnoWords } from '../../../common/errno.js';
import { Failure, type FailureName } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { ByteSource } from '../../formats/bytes.js';
import { refuseByHead, refuseUnlessDisk, warningOfText } from '../../formats/content/file.js';
import { headLength } from '../../formats/content/sniff.js';
import { writeSparse } from '../../formats/disk/sparse.js';
import type { Losses } from '../../formats/metadata/losses.js';
import { isQcow2 } from '../../formats/qcow2/header.js';
import { type ExtractSummary, extractTree } from '../../formats/tar/unpack/extract.js';
import { hoistSingleDirectory } from '../../formats/tar/unpack/hoist.js';
import type { LayerContents, OverlayAttributes } from '../../formats/tar/unpack/layer-notes.js';
import { createTemporaryFile, createTemporaryTree, type Temporary } from '../../images/install/temporary.js';
import { Writeback } from '../../images/install/writeback.js';
import type { ImageHost } from '../../images/layout/host.js';
import type { ImageRoot } from '../../images/layout/root.js';
import { refuseIfUpdated } from '../../installation.js';
import { controlDescriptor, log, parentVariable, tell } from '../ipc/channel.js';
import { readMessage, refusalText } from '../ipc/message-policy.js';
import type { NewImage, WorkerMessage } from '../ipc/messages.js';
import { noLosses, tellLosses } from './tell-losses.js';

/** Where an image is made, and how. */
export interface Placement {
  readonly root: ImageRoot;
  readonly order: NewImage;
  readonly host: ImageHost;
  /** How messages call what comes, in the middle of a sentence. */
  readonly subject: string;
  /** That an archive is a layer, and what its marks are named like. */
  readonly layer?: OverlayAttributes;
}

/** Something unpacked, under a temporary name. */
export interface Unpacked {
  temporary: Temporary;
  /** What could not be stored. */
  losses: Losses;
  /** How many bytes of data a tree has, holes not counted. */
  dataBytes?: number;
  /** What a layer says of those below. */
  contents?: LayerContents | undefined;
  /** Whether a disk was converted from another format. */
  isConverted?: boolean;
}

/** What has to be told the bytes that have come, for the disk to begin to write them: not what is only converted and removed. */
function writebackOf(temporary: Temporary, { synchronize }: ImageSettings): (bytes: number) => void {
  if (!synchronize) return () => {};
  const writeback = Writeback.of(temporary);
  let stays: boolean | undefined;
  return (bytes) => {
    stays ??= temporary.format !== 'raw' || !isQcow2(temporary.descriptor);
    if (stays) writeback.reached(bytes);
  };
}

function unpackTree(source: ByteSource, { root, order, host: { settings }, layer }: Placement): Unpacked {
  const temporary = createTemporaryTree(root, 'tar', { subvolume: settings.subvolumes });
  try {
    const { sizeMax } = order;
    const onProgress = writebackOf(temporary, settings);
    const summary = extractTree(source, temporary.descriptor, {
      sizeMax,
      layer,
      onProgress: ({ bytes }) => onProgress(bytes),
    });
    // The digest of a layer shows whether it was cut off.
    tellOddities(layer === undefined ? summary : { ...summary, endMarker: true });
    // Those of layers are told of the image that is made of them.
    if (layer === undefined || order.strict) tellLosses(summary.losses, order.strict);
    return { temporary, losses: summary.losses, dataBytes: summary.dataBytes, contents: summary.layer };
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

/** What the archive has that is not in the tree now. */
export function tellOddities({
  unknownEntries,
  trailingBytes,
  endMarker,
}: Pick<ExtractSummary, 'unknownEntries' | 'trailingBytes' | 'endMarker'>): void {
  if (unknownEntries > 0) log('warning', `${unknownEntries} entries of types that no file system has were left out`);
  if (trailingBytes > 0) log('warning', `${trailingBytes} bytes after the end of the archive were ignored`);
  if (!endMarker)
    log('warning', 'The archive has no end marker; if it was cut off between two files, nothing shows it');
}

/**
 * Has to be told the bytes of a disk that have come: it looks at the first ones once they are there, so that what is certainly not a
 * disk need not come in full.
 *
 * @throws Failure UnsupportedFormat, from the function given back, when it is not a disk
 */
export function lookingOnce(descriptor: number, subject: string): (bytes: number) => void {
  let looked = false;
  return (bytes) => {
    if (looked || bytes < headLength) return;
    looked = true;
    refuseByHead(descriptor, subject);
  };
}

function unpackDisk(source: ByteSource, { root, order, subject, host: { settings } }: Placement): Unpacked {
  const temporary = createTemporaryFile(root, 'raw');
  try {
    const writeback = writebackOf(temporary, settings);
    const look = lookingOnce(temporary.descriptor, subject);
    const onProgress = (bytes: number): void => {
      look(bytes);
      writeback(bytes);
    };
    writeSparse(source, temporary.descriptor, { sizeMax: order.sizeMax, onProgress });
    return { temporary, losses: noLosses };
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

/**
 * Unpacks what comes, into something that has a temporary name in the image directory.
 *
 * @throws Failure Corrupt when an archive is damaged or hostile
 * @throws Failure UnsupportedFormat when it is not an archive, or larger than may be
 * @throws Failure MetadataLost when something is lost, and the order is strict
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be written
 * @throws whatever the source throws
 */
export function unpack(source: ByteSource, placement: Placement): Unpacked {
  return placement.order.format === 'tar' ? unpackTree(source, placement) : unpackDisk(source, placement);
}

/**
 * Passes on what the conversion has said: it reads what a stranger wrote, so all it may do is log and fail.
 *
 * @throws Failure of the kind that it says: Corrupt, UnsupportedFormat, InsufficientSpace
 * @throws Failure WorkerFailed when it says what it cannot
 * @throws Error with its stack when it has met a bug
 */
function passOn(said: string): void {
  for (const line of said.split('\n').filter(Boolean)) {
    const message = heardFromConversion(line);
    if (message.type === 'log') tell(message);
    if (message.type === 'failure')
      throw new Failure<FailureName>(message.kind, message.message, message.facts as never);
    if (message.type === 'bug') throw new Error(message.stack);
  }
}

function heardFromConversion(line: string): WorkerMessage {
  try {
    return readMessage('convert', Buffer.from(line));
  } catch (error) {
    const message = `The process that converts the disk image sent an invalid message (${escapeText(refusalText(error))}); nothing was placed`;
    throw new Failure('WorkerFailed', message, { process: 'convert' });
  }
}

function notStarted(error: unknown): Failure {
  const reason = errnoWords(error) ?? String(error);
  const message = `The process that converts the disk image cannot be started: ${reason}; nothing was placed`;
  return new Failure('WorkerFailed', message, { process: 'convert' });
}

/**
 * Runs the process that converts, with nothing but two descriptors.
 *
 * @throws Failure Corrupt, UnsupportedFormat, InsufficientSpace when the process says so
 * @throws Failure WorkerFailed when it ends without telling why, or says what it cannot
 * @throws Failure ServiceStopping when the program was updated
 * @throws Error with its stack when it has met a bug
 */
function runConversion(source: number, target: number, { order, host }: Placement): void {
  refuseIfUpdated();
  const [program = '', ...parameters] = order.convertCommand;
  const { status, signal, output, error } = spawnSync(program, [...parameters, String(order.sizeMax)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ignore', source, target],
    encoding: 'utf8',
    env: { ...host.environment, [parentVariable]: String(process.pid) },
  });
  passOn(output?.[controlDescriptor] ?? '');
  if (status === 0) return;
  if (status === null && signal === null) throw notStarted(error);
  const how = signal === null ? `with exit status ${status}` : `by ${signal}`;
  const message = `The process that converts the disk image ended ${how}; nothing was placed`;
  throw new Failure('WorkerFailed', message, { process: 'convert' });
}

/**
 * Makes a plain disk, under a temporary name, of an open qcow2.
 *
 * @throws Failure Corrupt when the qcow2 is damaged
 * @throws Failure UnsupportedFormat when it needs what cannot be converted, or is larger than may be
 * @throws Failure InsufficientSpace, FileSystemError when the disk cannot be written
 * @throws Failure WorkerFailed when the process that converts ends without telling why, or says what it cannot
 * @throws Failure ServiceStopping when the program was updated
 * @throws Error with its stack when that process has met a bug
 */
export function convert(source: number, placement: Placement): Temporary {
  tell({ type: 'phase', phase: 'converting' });
  const target = createTemporaryFile(placement.root, 'raw');
  const readOnly = openSync(`/proc/self/fd/${source}`, constants.O_RDONLY);
  try {
    runConversion(readOnly, target.descriptor, placement);
    return target;
  } catch (error) {
    target[Symbol.dispose]();
    throw error;
  } finally {
    closeSync(readOnly);
  }
}

/**
 * What has to be done to an image once its bytes are known to be good: parsing them further was not safe before.
 *
 * @throws Failure UnsupportedFormat when it is certainly not a disk, and should be one
 * @throws whatever `convert` throws
 */
export function finishImage(unpacked: Unpacked, placement: Placement): Unpacked {
  const { temporary, losses } = unpacked;
  if (placement.order.format !== 'raw') {
    if (hoistSingleDirectory(temporary.descriptor))
      log('info', 'The single top directory was made the root of the image');
    return unpacked;
  }
  refuseUnlessDisk(temporary.descriptor, placement.subject);
  const warning = warningOfText(temporary.descriptor);
  if (warning !== undefined) log('warning', warning);
  if (!isQcow2(temporary.descriptor)) return unpacked;
  const converted = convert(temporary.descriptor, placement);
  temporary[Symbol.dispose]();
  return { temporary: converted, losses, isConverted: true };
}
