import type { ByteString } from './byteString.js';
import { corrupt } from './corrupt.js';

/** What the kernel takes in one call, so what can be reached inside the image at all (PATH_MAX without its NUL). */
export const PATH_MAX = 4095;
/** Twice what systemd allows. Deeper trees are made to break whatever walks them. */
export const DEPTH_MAX = 255;

const odd = /^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;

/**
 * Brings a name of an archive into the form `a/b/c`, relative to the root, which is the empty string.
 * @throws Failure Corrupt when it is absolute, leads out by `..`, holds a NUL, or is too long or deep.
 */
export function cleanPath(name: ByteString, offset: number): ByteString {
  // The archive of an image names what is in the image: one that names places on a host is none, or hostile.
  if (name.startsWith('/')) throw corrupt('has an absolute name', offset, name);
  const bare = name.slice(name.startsWith('./') ? 2 : 0, name.endsWith('/') ? -1 : undefined);
  const path = odd.test(bare) ? rebuilt(name, offset) : bare;
  if (path.length > PATH_MAX) throw corrupt(`has a name of more than ${PATH_MAX} bytes`, offset, path);
  if (path.includes('\0')) throw corrupt('has a name with a NUL in it', offset, path);
  let depth = 1;
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) depth++;
  if (depth > DEPTH_MAX) throw corrupt(`is nested more than ${DEPTH_MAX} directories deep`, offset, path);
  return path;
}

function rebuilt(name: ByteString, offset: number): ByteString {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw corrupt("leads out of the image by '..'", offset, name);
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
