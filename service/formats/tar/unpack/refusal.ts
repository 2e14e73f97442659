import { errnoWords } from '../../../../common/errno.js';
import { Failure } from '../../../../common/failure.js';
import { whyFull } from '../../../../common/space.js';
import { upperFirst } from '../../../../common/text.js';
import { errnoName, SystemError } from '../../../../linux/errno.js';
import { type FileSystemSpace, fileSystemSpace } from '../../../../linux/space.js';
import { type ByteString, display } from '../byte-string.js';

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
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  if (isFull) {
    const { availableBytes: available, ...inodes } = spaceOf(root);
    if (!isAttribute || code !== 'ENOSPC' || available < listRoom) {
      const { reason } = whyFull(code, inodes);
      const message = `${upperFirst(reason)}: no space for ${name}, ${available} bytes are available`;
      return new Failure('InsufficientSpace', message, { available });
    }
  }
  const reason = (isFull ? undefined : errnoWords(code)) ?? (isAttribute ? attributeAdvice(code) : undefined);
  const message = `Cannot ${doing} ${name}: ${error.syscall} failed with ${code}${reason === undefined ? '' : `, ${reason}`}`;
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
