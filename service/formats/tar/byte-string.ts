import type { Path } from '../../../linux/files.js';
import { escapeText, firstOf, lastOf } from '../../../varlink/text.js';

/**
 * Bytes as a string, one character per byte (latin1). Names in archives need not be UTF-8 and must come out as they went
 * in; strings are what JavaScript compares, slices and hashes fast.
 */
export type ByteString = string;

const plain = /^[\x01-\x7f]*$/;

/** The bytes as a path for a system call. The caller has made sure that there is no NUL among them. */
export function pathOf(bytes: ByteString): Path {
  return plain.test(bytes) ? bytes : Buffer.from(`${bytes}\0`, 'latin1');
}

/** The bytes for people: read as UTF-8, control characters escaped, cut when very long. */
export function display(bytes: ByteString): string {
  const text = escapeText(Buffer.from(bytes, 'latin1').toString('utf8'));
  return text.length > 300 ? `${firstOf(text, 200)}…${lastOf(text, 80)}` : text;
}
