import { constants } from 'node:fs';
import type { Path } from '../../../linux/files.js';
import type { FileStatus } from '../../../linux/status.js';
import type { LossKind } from '../../formats/metadata/losses.js';
import type { ByteString } from '../../formats/tar/byte-string.js';

/** What is lost of something that cannot be made. */
export function lossOf({ mode }: FileStatus): LossKind {
  const type = mode & constants.S_IFMT;
  if (type === constants.S_IFLNK) return 'links';
  return type === constants.S_IFCHR || type === constants.S_IFBLK ? 'devices' : 'fifos';
}

/** Whether that is the status of a directory. */
export function isDirectory({ mode }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

/** A path to something in an open directory, for its attributes: there is no listxattrat(2) before Linux 6.13. */
export function below(directory: number, name: ByteString): Path {
  return Buffer.from(`/proc/self/fd/${directory}/${name}\0`, 'latin1');
}
