import { Failure } from '../../../common/failure.js';
import { PATH_MAX } from '../../../linux/headers/constants.js';
import { type ByteString, display } from './byte-string.js';
import { corruptArchive } from './corrupt.js';

/** What the kernel takes in one call, without a NUL. No program unpacks longer paths, and none are packed here. */
export const pathMax = PATH_MAX - 1;

const odd = /^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;

/**
 * Brings a name of an archive into the form `a/b/c`, relative to the root, which is the empty string.
 *
 * @throws Failure Corrupt when it is absolute, leads out by `..`, holds a NUL, or is too long
 */
export function cleanPath(name: ByteString, offset: number): ByteString {
  // The archive of an image names what is in the image: one that names places on a host is none, or hostile.
  if (name.startsWith('/')) throw corruptArchive('has an absolute name', offset, name);
  const bare = name.slice(name.startsWith('./') ? 2 : 0, name.endsWith('/') ? -1 : undefined);
  const path = odd.test(bare) ? rebuilt(name, offset) : bare;
  if (path.length > pathMax) throw corruptArchive(`has a name of more than ${pathMax} bytes`, offset, path);
  if (path.includes('\0')) throw corruptArchive('has a name with a NUL in it', offset, path);
  return path;
}

function rebuilt(name: ByteString, offset: number): ByteString {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw corruptArchive("leads out of the image by '..'", offset, name);
  return parts.join('/');
}

/** The directory that holds a path; the root for a path without a slash. */
export function parentOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The last component. */
export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path of a name in a directory. */
export function joined(directory: ByteString, name: ByteString): ByteString {
  return directory === '' ? name : `${directory}/${name}`;
}

/** What to say of a path that is not packed: nobody could unpack it, and what is left out would be lost. */
export function tooDeep(path: ByteString): Failure {
  const depth = path.split('/').length;
  const message =
    `Cannot pack '${display(path)}': it is ${depth} levels deep with a path of ${path.length} bytes, and no program ` +
    `unpacks paths of more than ${pathMax}; remove it from the image, or give it a shorter path`;
  return new Failure('UnsupportedFormat', message, {
    needed: `a path of ${path.length} bytes`,
    allowed: `${pathMax} bytes`,
  });
}
