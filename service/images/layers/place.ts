import { fchmodSync, writeSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { SystemError } from '../../../linux/errno.js';
import { synchronize } from '../../../linux/space.js';
import type { Losses } from '../../formats/metadata/losses.js';
import type { LayerContents } from '../../formats/tar/unpack/layer-notes.js';
import { failInPlace, failOn } from '../install/file-system-failure.js';
import { synchronizeTemporary } from '../install/install.js';
import { lockName } from '../install/locks.js';
import { markOrWarn } from '../install/read-only.js';
import { createTemporaryFile, type Temporary } from '../install/temporary.js';
import type { ImageHost, Warn } from '../layout/host.js';
import { statusIfPresent } from '../layout/present.js';
import type { ImageRoot } from '../layout/root.js';
import { removeReplaced, renameKeepingMark, renameOrExchange, renameToAbsent } from '../manage/rename.js';
import { carrierOf } from '../provenance/provenance.js';
import { layerName, layerRecordName, replacedLayerName } from './names.js';
import { type LayerRecord, openLayer } from './record.js';

/** A layer that has been unpacked. */
export interface LayerRequest {
  readonly root: ImageRoot;
  readonly host: ImageHost;
  /** The complete layer. It is settled, unless somebody else has placed the same one. */
  readonly temporary: Temporary;
  readonly digest: string;
  /** That of its archive, if it was compared. */
  readonly diffId?: string | undefined;
  readonly contents: LayerContents;
  /** Bytes of data. */
  readonly dataBytes: number;
  readonly losses: Losses;
  readonly warn: Warn;
  /** Told after every step that a crash could follow. */
  readonly step?: (name: 'recorded' | 'kept' | 'renamed' | 'marked') => void;
}

/**
 * Keeps a layer under its name, read-only, for all images that are made of it. What systemd has there under the same name, in its own
 * form, is kept under another one: a container that runs still has it, and one that starts gets this one.
 *
 * Where somebody else is placing the same layer, waits until they have.
 *
 * @throws Failure FileSystemError, InsufficientSpace
 */
export function placeLayerTree(request: LayerRequest): string {
  const { root, digest, host, temporary } = request;
  const path = root.pathOf(layerName(digest));
  return failOn(path, () => {
    if (isThere(request)) return path;
    // What takes long comes before the lock.
    if (host.settings.synchronize) synchronizeTemporary(temporary);
    using _lock = lockName(layerName(digest), host, Number.POSITIVE_INFINITY);
    if (!isThere(request)) place(request, path);
    return path;
  });
}

function isThere({ root, digest }: LayerRequest): boolean {
  using present = openLayer(root, digest);
  return present !== undefined;
}

function place(request: LayerRequest, path: string): void {
  const { root, temporary, digest, host, step } = request;
  const synchronizes = host.settings.synchronize;
  writeRecord(request, recordOf(request), synchronizes);
  step?.('recorded');
  keepOther(request);
  step?.('kept');
  if (!renameToAbsent(root, temporary.name, layerName(digest)))
    throw new SystemError('renameat2', osConstants.errno.EEXIST, layerName(digest));
  failInPlace(path, () => {
    temporary.settle();
    step?.('renamed');
    // Users who are not root cannot mark trees; theirs are hidden, and count as read-only.
    const warn = process.geteuid?.() === 0 ? request.warn : () => undefined;
    markOrWarn(temporary, path, warn);
    if (synchronizes) synchronize(root.descriptor);
    step?.('marked');
  });
}

function recordOf({ temporary, digest, diffId, contents, dataBytes, losses }: LayerRequest): LayerRecord {
  const kinds = Object.fromEntries(losses.kinds.map(({ kind, count }) => [kind, count]));
  const carrier = carrierOf(temporary.descriptor) ?? '';
  return { digest, diffId, carrier, dataBytes, lossCount: losses.entries, losses: kinds, ...contents };
}

/** Comes first: it says which directory it is about, so it says nothing of another one. */
function writeRecord({ root, digest, warn }: LayerRequest, record: LayerRecord, synchronizes: boolean): void {
  using temporary = createTemporaryFile(root, 'layer', 0o600);
  const text = Buffer.from(JSON.stringify(record));
  for (let done = 0; done < text.length; ) done += writeSync(temporary.descriptor, text, done);
  fchmodSync(temporary.descriptor, 0o400);
  if (synchronizes) synchronize(temporary.descriptor);
  const isReplaced = renameOrExchange(root, temporary, layerRecordName(digest));
  temporary.settle();
  if (isReplaced) removeReplaced(root, temporary.name, warn);
}

/** It is moved first, and not exchanged: whatever happens in between, nothing is removed that a container may have. */
function keepOther({ root, digest }: LayerRequest): void {
  const name = layerName(digest);
  if (statusIfPresent(root.at(name)) === undefined) return;
  for (let copy = 1; ; copy++) if (renameKeepingMark(root, name, replacedLayerName(digest, copy))) return;
}
