import type { ByteString } from './byteString.js';

const forgeable = /^user\.source_|^user\.crtime_usec$|^[^.]+\.ferry\./;

/**
 * Whether an attribute says where an image came from or how it was verified. On the root of what comes in it is dropped:
 * an archive or a pushed directory must not vouch for itself.
 */
export function isRecord(name: ByteString): boolean {
  return forgeable.test(name);
}
