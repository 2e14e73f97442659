import { fstatSync } from 'node:fs';
import { cutText, escapeText } from '../../../varlink/text.js';
import { readAt } from '../qcow2/header.js';
import type { ContentKind } from './kinds.js';
import { notDisk } from './refusals.js';
import { headLength, isCertainlyNoDisk, sniffContent, tailLength } from './sniff.js';

/**
 * Says what a file is that has all its bytes.
 *
 * @throws Error of node when it cannot be read
 */
export function sniffFile(descriptor: number): ContentKind {
  const { size } = fstatSync(descriptor);
  const tail = readAt(descriptor, tailLength, Math.max(0, size - tailLength));
  return sniffContent({ head: readAt(descriptor, headLength, 0), tail, length: size });
}

/**
 * Refuses a file, which has all its bytes, if it is certainly not a disk. `subject`: in the middle of a sentence.
 *
 * @throws Failure UnsupportedFormat when it is not
 * @throws Error of node when it cannot be read
 */
export function refuseUnlessDisk(descriptor: number, subject: string): void {
  const kind = sniffFile(descriptor);
  if (isCertainlyNoDisk(kind)) throw notDisk(kind, subject);
}

/**
 * What is to be said of a file that may be a disk, but begins as text does, with none of the marks of a disk: an error message of a
 * server, a checksum file, a script. Undefined for any other.
 *
 * @throws Error of node when it cannot be read
 */
export function warningOfText(descriptor: number): string | undefined {
  if (sniffFile(descriptor) !== 'text') return undefined;
  const text = readAt(descriptor, 4096, 0).toString();
  const [line] = /\S[^\r\n]*/.exec(text) ?? [text];
  const beginning = escapeText(cutText(line, 60));
  return `What came begins with the text '${beginning}', and is stored as it is, though it does not look like a disk; look whether this is the right file or URL`;
}

/**
 * Refuses a file whose first bytes have come if it is certain by them that it is not a disk.
 *
 * @throws Failure UnsupportedFormat when it is not
 * @throws Error of node when it cannot be read
 */
export function refuseByHead(descriptor: number, subject: string): void {
  const kind = sniffContent({ head: readAt(descriptor, headLength, 0) });
  if (isCertainlyNoDisk(kind)) throw notDisk(kind, subject);
}
