import { Failure } from '../../../common/failure.js';
import { type ContentKind, factsOf } from './kinds.js';

const lookAgain = 'look whether this is the right file or URL';

/** What is certainly not a disk. `subject`: what was looked at, in the middle of a sentence. */
export function notDisk(kind: ContentKind, subject: string): Failure {
  const { role, name, wayOut = 'use import-tar or pull-tar for it' } = factsOf(kind);
  const found = role === 'decoded' ? `${name} below two other compressions` : name;
  const message = `Cannot make a disk image of ${subject}: it is ${found}; ${wayOut}`;
  return new Failure('UnsupportedFormat', message, { needed: found, allowed: 'a raw or qcow2 disk image' });
}

/** What is not an archive that becomes a tree. */
export function notTree(kind: ContentKind): Failure {
  const { role, name, wayOut = lookAgain } = factsOf(kind);
  const isDisk = role === 'disk' || role === 'convertible';
  const found = role === 'decoded' ? `${name} below two other compressions` : name;
  const saysEnough = kind === 'empty' || kind === 'ova' || found.includes(', ');
  const what = saysEnough ? found : `${found}, not a tar or cpio archive`;
  const message = `Cannot unpack the archive: it is ${what}; ${isDisk ? 'use import-raw or pull-raw for it' : wayOut}`;
  return new Failure('UnsupportedFormat', message, { needed: found, allowed: 'a tar or cpio archive' });
}
