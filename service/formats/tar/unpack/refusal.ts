import { Failure } from '../../../../common/failure.js';
import { upperFirst } from '../../../../common/text.js';
import { errnoName, SystemError } from '../../../../linux/call.js';
import { type FileSystemSpace, fileSystemSpace, whyFull } from '../../../../linux/space.js';
import { type ByteString, display } from '../byte-string.js';

const advice: Readonly<Record<string, string>> = {
  EROFS: 'the file system is mounted read-only',
  EPERM: 'it is not permitted here',
  EACCES: 'it is not permitted here',
  EOPNOTSUPP: 'the file system cannot store this',
  ENOTSUP: 'the file system cannot store this',
  ENAMETOOLONG: 'the name is too long for the file system',
  EIO: 'the disk has a fault',
  ESTALE: 'a directory was moved meanwhile',
  EFBIG: 'the file is too large for the file system',
  EMLINK: 'the file system allows no more hard links to one file',
  EILSEQ: 'the file system refuses the bytes of the name',
};

/** With more than this left, "no space" is about the one thing being stored. In bytes. */
export const listRoom = 16 * 1024 * 1024;

/**
 * Turns what a system call threw into what people are told: about the path within the image being written. Failures and
 * bugs pass. `root` is a descriptor on the file system concerned.
 */
export function refusal(error: unknown, path: ByteString, root: number, doing: 'read' | 'write' = 'write'): unknown {
  if (!(error instanceof SystemError) && !isNodeSystemError(error)) return error;
  const name = path === '' ? 'the root of the image' : `'${display(path)}'`;
  const code = errnoName(error) ?? error.code;
  const isAttribute = error.syscall.startsWith('setxattr');
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const { availableBytes: available, ...inodes } = spaceOf(root);
    if (!isAttribute || code !== 'ENOSPC' || available < listRoom) {
      const { reason } = whyFull(code, inodes);
      const message = `${upperFirst(reason)}: no space for ${name}, ${available} bytes are available`;
      return new Failure('InsufficientSpace', message, { needed: null, available });
    }
  }
  const reason = advice[code] ?? (isAttribute ? attributeAdvice(code) : null);
  const message = `Cannot ${doing} ${name}: ${error.syscall} failed with ${code}${reason === null ? '' : `, ${reason}`}`;
  return new Failure('FileSystemError', message, { path: display(path), errorName: code });
}

function attributeAdvice(code: string): string {
  return code === 'EINVAL' ? 'the kernel takes no such attribute' : 'the attribute is too large';
}

function isNodeSystemError(error: unknown): error is Error & { code: string; syscall: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function spaceOf(root: number): Pick<FileSystemSpace, 'availableBytes' | 'totalInodes' | 'freeInodes'> {
  try {
    return fileSystemSpace(root);
  } catch {
    return { availableBytes: 0, totalInodes: 0, freeInodes: 0 };
  }
}
