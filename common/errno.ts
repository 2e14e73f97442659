import { errnoName } from '../linux/errno.js';

/** What a failed system call found, for the end of a message. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'it is not available for now (too many processes?)',
  EBUSY: 'it is in use (a mount point?)',
  ECONNREFUSED: 'nobody listens there',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file is too large for the file system',
  EILSEQ: 'the file system refuses the bytes of the name',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'there are too many symbolic links, or one where none may be',
  EMFILE: 'too many open files',
  EMLINK: 'the file system allows no more hard links to one file',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files on the whole system',
  ENOENT: 'no such file or directory',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'the file system is full',
  ENOTDIR: 'not a directory',
  ENOTCONN: 'nothing answers for the file system any more',
  ENOTEMPTY: 'the directory is not empty',
  EOPNOTSUPP: 'the file system does not support this',
  ENOTSUP: 'the file system does not support this',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ESTALE: 'a directory in it was moved meanwhile',
  EXDEV: 'it is on another file system',
};

/** What an error of a system call says, in words; undefined for one that has none here, and for what is no such error. */
export function errnoWords(error: unknown): string | undefined {
  const name = typeof error === 'string' ? error : errnoName(error);
  return name === undefined ? undefined : words[name];
}
