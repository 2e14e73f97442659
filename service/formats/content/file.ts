import { fstatSync } from 'node:fs';
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
 * Refuses a file whose first bytes have come if it is certain by them that it is not a disk.
 *
 * @throws Failure UnsupportedFormat when it is not
 * @throws Error of node when it cannot be read
 */
export function refuseByHead(descriptor: number, subject: string): void {
  const kind = sniffContent({ head: readAt(descriptor, headLength, 0) });
  if (isCertainlyNoDisk(kind)) throw notDisk(kind, subject);
}
