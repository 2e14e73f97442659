import type { ByteString } from './byte-string.js';

/** Whether an attribute is one that only Ferry writes, such as the record of how a download was verified. */
export function isOwnAttribute(name: ByteString): boolean {
  return /^(user|trusted|security|system)\.ferry\./.test(name);
}

/**
 * Whether an attribute says where an image came from, when it was made or how it was verified. This is the one rule for what
 * comes in, in whichever way: on the root of a tree, on the root of every subvolume in it and on a disk such attributes are
 * dropped, for an archive, a directory or a file must not vouch for itself. Those that Ferry sets come afterwards.
 */
export function isOriginAttribute(name: ByteString): boolean {
  return isOwnAttribute(name) || /^user\.source_|^user\.crtime_usec$/.test(name);
}
