import { linesOutsideArmor } from '../armor.js';
import { shown } from '../shown.js';

/** An Ed25519 public key as minisign, OpenBSD's signify and OpenWrt's usign write it: all three have the same form. */
export interface MinisignKey {
  readonly scheme: 'minisign' | 'signify';
  /** Eight bytes at random, which its signatures carry. */
  readonly number: Buffer;
  /** The number as its program shows it, in upper-case hexadecimal: minisign takes it as little-endian. */
  readonly id: string;
  /** The point A (RFC 8032 §5.1.5). */
  readonly point: Buffer;
  /** The comment above the key, unsigned, escaped for display. */
  readonly comment: string;
}

export const commentPrefix = 'untrusted comment: ';

/** A line that is a key: 42 bytes in base64. */
const keyLine = /^RW[A-Za-z0-9+/]{54}$/;

/** The keys in a text: every line that is one outside of armored blocks, each with the comment in the line above. */
export function readMinisignKeys(text: string): MinisignKey[] {
  const keys: MinisignKey[] = [];
  let above = '';
  for (const line of linesOutsideArmor(text)) {
    if (keyLine.test(line)) keys.push(keyOf(Buffer.from(line, 'base64'), above));
    above = line;
  }
  return keys;
}

function keyOf(bytes: Buffer, above: string): MinisignKey {
  const comment = above.startsWith(commentPrefix) ? above.slice(commentPrefix.length) : '';
  // A key without a comment is one for minisign's -P.
  const scheme = comment === '' || /minisign/i.test(comment) ? 'minisign' : 'signify';
  const number = bytes.subarray(2, 10);
  const text = comment === '' ? 'no comment' : shown(comment);
  return { scheme, number, id: idOf(number, scheme), point: bytes.subarray(10), comment: text };
}

export function idOf(number: Buffer, scheme: 'minisign' | 'signify'): string {
  const bytes = scheme === 'minisign' ? Buffer.from(number).reverse() : number;
  return bytes.toString('hex').toUpperCase();
}
