import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How many descriptors this process has open. */
export function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/** A descriptor of a file with this text, which has no name any more. */
export function openText(text: string): number {
  const directory = mkdtempSync(join(tmpdir(), 'varlink-test-'));
  const path = join(directory, 'text');
  writeFileSync(path, text);
  const descriptor = openSync(path, 'r');
  rmSync(directory, { recursive: true });
  return descriptor;
}

/** Reads a descriptor to its end and closes it. */
export function readAndClose(descriptor: number): string {
  const text = readFileSync(descriptor, 'utf8');
  closeSync(descriptor);
  return text;
}

export function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
