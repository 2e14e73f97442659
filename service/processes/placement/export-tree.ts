import { basename, dirname } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { isBtrfs, isSubvolume } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import type { ByteSink } from '../../formats/bytes.js';
import { type PackSummary, packTree } from '../../formats/tar/pack/pack.js';
import { snapshotTree } from '../../images/copy/snapshot.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { setReadOnlyMark } from '../../images/install/read-only.js';
import { createTemporaryBy, type Temporary } from '../../images/install/temporary.js';
import { ImageRoot } from '../../images/layout/root.js';
import { log } from '../ipc/channel.js';
import { ProgressReport } from '../ipc/progress.js';
import { startMeasuring } from './tree-size.js';

/** A read-only snapshot beside the image, so that what is exported is of one moment; undefined where there are no snapshots. */
function takeSnapshot(path: string, source: number, root: ImageRoot): Temporary | undefined {
  if (!isBtrfs(source) || !isSubvolume(source)) return undefined;
  try {
    const snapshot = createTemporaryBy(root, 'export', (directory, name) => snapshotTree(source, directory, name));
    setReadOnlyMark(snapshot.descriptor, true);
    return snapshot;
  } catch (error) {
    if (!(error instanceof Failure) && !hasCode(error, 'EROFS', 'EPERM', 'EXDEV')) throw error;
    log('debug', `${basename(path)} is exported as it is: no snapshot can be made beside it`);
    return undefined;
  }
}

/**
 * Sends a tree as a tar archive, which may be to become a layer of an OCI image.
 *
 * @throws Failure FileSystemError when something cannot be read
 * @throws Failure Corrupt when something changes or goes meanwhile
 * @throws Failure UnsupportedFormat when a path is longer than any program could unpack, or a layer cannot have the name
 * @throws whatever the sink throws
 */
export function exportTree(path: string, source: number, sink: ByteSink, asLayer = false): void {
  using root = ImageRoot.open(dirname(path));
  using snapshot = takeSnapshot(path, source, root);
  const descriptor = snapshot?.descriptor ?? source;
  const total = startMeasuring(descriptor);
  const report = new ProgressReport(total);
  const onProgress = ({ bytes }: { bytes: number }): void => report.advance(bytes);
  const summary = failOn(path, () =>
    packTree(descriptor, sink, { onProgress, frozen: snapshot !== undefined, asLayer }),
  );
  report.finish(summary.bytes, summary.bytes);
  tellOmissions(summary);
}

/** What the tree has, or had in the end, that is not in the archive. */
export function tellOmissions({ sockets, changedFiles }: Pick<PackSummary, 'sockets' | 'changedFiles'>): void {
  if (changedFiles > 0) {
    const one = changedFiles === 1;
    const subject = one ? '1 file changed while it was' : `${changedFiles} files changed while they were`;
    log(
      'warning',
      `${subject} read: the archive has what was read; export a clone of the image for a copy of one moment`,
    );
  }
  if (sockets > 0) log('notice', `${sockets} sockets were left out: no archive can hold them`);
}
