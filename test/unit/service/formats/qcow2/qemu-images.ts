import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Written } from '../../../../../service/formats/disk/sparse.js';
import { type ConvertOptions, convertQcow2 } from '../../../../../service/formats/qcow2/convert.js';
import { run } from '../../../../support/command.js';
import type { TemporaryDirectory } from '../../../../support/temporary.js';

export const kib = 1024;
export const mib = 1024 * kib;
/** What makes and changes these images. */
export const qemu = { programs: ['qemu-img', 'qemu-io'] };

export function convert(source: string, target: string, options: ConvertOptions = {}): Written {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'w+')];
  try {
    return convertQcow2(from, to, options);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** Converts with Ferry and with qemu-img, and compares bit for bit. */
export function compareWithQemu(directory: TemporaryDirectory, image: string, options: ConvertOptions = {}): Written {
  const [ours, theirs] = [directory.file('ours.raw'), directory.file('theirs.raw')];
  const written = convert(image, ours, options);
  run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, theirs]);
  assert.equal(statSync(ours).size, written.size);
  // qemu-img rounds the size up to its sectors.
  const [own, their] = [readFileSync(ours), readFileSync(theirs)];
  assert.ok(own.equals(their.subarray(0, own.length)), image);
  assert.equal(Math.ceil(own.length / 512) * 512, their.length);
  return written;
}

/** Runs qemu-io's commands on an image. */
export function edit(image: string, ...commands: string[]): void {
  run('qemu-io', ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), image]);
}

export function create(directory: TemporaryDirectory, options: string, size: string): string {
  const image = directory.file('image.qcow2');
  run('qemu-img', ['create', '-q', '-f', 'qcow2', ...(options ? ['-o', options] : []), image, size]);
  return image;
}

/** Writes bytes over those of an image. */
export function patch(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, offset);
  writeFileSync(path, content);
}
