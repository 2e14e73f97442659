import { fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { currentOffset } from '../../../linux/descriptors.js';
import type { ByteSource } from '../../formats/bytes.js';
import { sniff, sniffLength } from '../../formats/compression/format.js';
import { refuseUnlessDisk } from '../../formats/content/file.js';
import { LossCounter } from '../../formats/metadata/losses.js';
import { isQcow2 } from '../../formats/qcow2/header.js';
import { type CopyOptions, copyImage, describeAs } from '../../images/copy/copy.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { installImage } from '../../images/install/install.js';
import { countUsage } from '../../images/install/quota.js';
import type { ImageHost } from '../../images/layout/host.js';
import { ImageRoot } from '../../images/layout/root.js';
import { readOrExplain } from '../decode/decode-stream.js';
import { firstFileDescriptor, log, tell } from '../ipc/channel.js';
import type { FrameReader } from '../ipc/frames.js';
import type { ImageFormat, ImportPlacementOrder, NewImage } from '../ipc/messages.js';
import { waitForPermission } from '../ipc/orders.js';
import { ProgressReport } from '../ipc/progress.js';
import { provenanceFor } from './placed-provenance.js';
import { Received } from './received.js';
import { tellInstalled } from './tell-installed.js';
import { noLosses, tellLosses } from './tell-losses.js';
import { tellMissingSystem } from './tell-system.js';
import { entrySize, startMeasuring } from './tree-size.js';
import { convert, finishImage, type Placement, type Unpacked, unpack } from './unpack.js';

/**
 * A pushed file or directory, opened anew: its offset is the caller's, and looking for holes would move it. What cannot be
 * opened again, such as a file of somebody else in user scope, is used as it is.
 */
function openSource(descriptor: number): number {
  const status = fstatSync(descriptor);
  if (!status.isFile() && !status.isDirectory()) return descriptor;
  if (currentOffset(descriptor) !== 0) return descriptor;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, 'r');
  } catch {
    return descriptor;
  }
}

/** Whether the pushed file can be read as it is: a regular file from its beginning that is not compressed. */
function isPlain(source: number): boolean {
  if (!fstatSync(source).isFile() || currentOffset(source) !== 0) return false;
  const head = Buffer.alloc(sniffLength);
  const count = readSync(source, head, 0, head.length, 0);
  // Files of /proc say that they are empty: only who reads them to their end has all of them.
  if (count > fstatSync(source).size) return false;
  return sniff(head.subarray(0, count), 'The imported file') === 'uncompressed';
}

/** The pushed file by positions, so that its offset, which the caller shares, stays. */
function plainSource(source: number, report: ProgressReport): ByteSource {
  let position = 0;
  return {
    read(buffer, offset, length) {
      const count = readOrExplain('The imported file', position, () =>
        readSync(source, buffer, offset, length, position),
      );
      position += count;
      report.advance(position);
      return count;
    },
  };
}

/** Copies a pushed file or directory: shared blocks or a snapshot where the file system has them. */
function copyPushed(
  source: number,
  form: ImageFormat,
  { root, order, host: { settings } }: Placement,
  progress: Pick<CopyOptions, 'onEntry' | 'onBytes'>,
): Unpacked {
  const losses = new LossCounter(root.descriptor);
  const temporary = copyImage(source, form, root, order.format, {
    ...progress,
    subvolumes: settings.subvolumes,
    synchronize: settings.synchronize,
    sizeMax: order.sizeMax,
    losses,
  });
  tellLosses(losses.losses, order.strict);
  return { temporary, losses: losses.losses };
}

interface Read {
  /** Undefined when it is still to be converted. */
  image: Unpacked | undefined;
  bytes: number;
}

function readDirectory(source: number, placement: Placement): Read {
  const report = new ProgressReport(startMeasuring(source));
  let done = 0;
  const image = copyPushed(source, 'tar', placement, {
    onEntry(_name, status) {
      report.advance(done);
      done += entrySize(status);
    },
  });
  report.finish(done, done);
  return { image, bytes: done };
}

function readFile(source: number, placement: Placement): Read {
  const { size } = fstatSync(source);
  const report = new ProgressReport(size);
  const image =
    placement.order.format === 'raw'
      ? copyPushed(source, 'raw', placement, { onBytes: (position) => report.advance(position) })
      : unpack(plainSource(source, report), placement);
  report.finish(size);
  return { image, bytes: size };
}

/** Whether the pushed disk is converted from where it lies: its copy would only be removed again. */
function isConverted(source: number, order: NewImage): boolean {
  return order.format === 'raw' && source !== firstFileDescriptor && isQcow2(source);
}

function read(source: number, directory: boolean, placement: Placement): Read {
  if (!directory && placement.order.format === 'raw')
    failOn('The imported file', () => refuseUnlessDisk(source, 'the imported file'));
  if (isConverted(source, placement.order)) {
    const { size } = fstatSync(source);
    new ProgressReport(size).finish(size);
    return { image: undefined, bytes: size };
  }
  return directory ? readDirectory(source, placement) : readFile(source, placement);
}

/**
 * A file that somebody still writes to, or cuts, is not an image yet.
 *
 * @throws Failure Corrupt when its size is not that of before
 */
function ensureSize(source: number, before: Stats): void {
  const { size } = fstatSync(source);
  if (!before.isFile() || size === before.size) return;
  const how = size < before.size ? 'shorter' : 'longer';
  const message = `Cannot import the file: it became ${how} meanwhile (${before.size} bytes, then ${size}); import it when it is complete`;
  throw new Failure('Corrupt', message, { what: 'the imported file' });
}

/**
 * Imports what the caller pushed, by itself or from the decode process, and gives it its name.
 *
 * @throws Failure Corrupt when it is damaged or hostile, or changes meanwhile
 * @throws Failure UnsupportedFormat when it is not what it should be, cannot be converted, or is larger than may be
 * @throws Failure MetadataLost when something is lost, and the order is strict
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be read or written
 * @throws Failure ImageExists, ImageBusy, InvalidName when it cannot get its name
 * @throws Failure WorkerFailed when another process ends too early, or sends what was not asked for
 * @throws Failure ServiceStopping when the program was updated before a conversion
 */
export function placeImport(order: ImportPlacementOrder, host: ImageHost, frames: FrameReader): void {
  const { image: wanted, directory } = order;
  using root = ImageRoot.open(wanted.imageRoot, { create: true });
  const placement = { root, order: wanted, host, subject: 'the imported data' };
  using received = new Received();
  const source = openSource(firstFileDescriptor);
  const before = fstatSync(source);
  const direct = directory || (order.direct && isPlain(source));
  if (direct) {
    tell({ type: 'phase', phase: 'importing' });
    const { image, bytes } = read(source, directory, placement);
    received.image = image;
    tell({ type: 'source', direct, bytes });
  } else {
    tell({ type: 'source', direct, bytes: 0 });
    received.receiveDecoded(frames, placement);
    tell({ type: 'received', bytes: 0, decodedBytes: frames.received });
  }
  // Without permission nothing is installed: disposal removes what was received.
  if (waitForPermission('installImport') === undefined || (received.image === undefined && !direct)) return;
  received.image =
    received.image === undefined
      ? { temporary: convert(source, placement), losses: noLosses }
      : finishImage(received.image, placement);
  ensureSize(source, before);
  install(received.image, source, placement);
}

function install({ temporary, losses }: Unpacked, source: number, { root, order, host }: Placement): void {
  tell({ type: 'phase', phase: 'installing' });
  const warn = (message: string): void => log('warning', message);
  if (order.format === 'raw' && fstatSync(source).isFile())
    failOn(temporary.path, () => describeAs(source, temporary.descriptor, { warn }));
  tellMissingSystem(temporary.descriptor, order);
  countUsage(root, temporary.descriptor, host.settings, warn);
  const { name, class: imageClass, force, readOnly } = order;
  if (name === undefined) throw new Error('an image without a name cannot be placed');
  const installed = installImage({
    root,
    temporary,
    name,
    imageClass,
    host,
    force,
    readOnly,
    synchronize: host.settings.synchronize,
    sidecars: new Map(),
    provenance: provenanceFor(order, { operation: 'import' }),
    warn,
  });
  const path = tellInstalled(installed);
  tell({ type: 'placed', outcome: { path, pristinePath: undefined, lossCount: losses.entries, losses: losses.kinds } });
}
