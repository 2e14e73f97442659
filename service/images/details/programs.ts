import { closeSync, readSync } from 'node:fs';
import { errnoName } from '../../../linux/errno.js';
import type { Programs } from '../../formats/oci/archive/image-config.js';
import { openInside } from './release.js';

/** Where init systems are, in the order in which systemd-nspawn(1) looks for them. */
const inits = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd', '/sbin/init'];
const shells = ['/bin/bash', '/bin/sh'];
/** Programs that nearly every system has. */
const others = ['/usr/bin/env', '/bin/busybox', '/usr/bin/true'];

/** Opens a regular file inside; undefined where there is none that can be read. */
function tryOpen(root: number, path: string): number | undefined {
  try {
    return openInside(root, path);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}

function isThere(root: number, path: string): boolean {
  const descriptor = tryOpen(root, path);
  if (descriptor !== undefined) closeSync(descriptor);
  return descriptor !== undefined;
}

/** Machines of elf(5), e_machine, in the words of Go; where the order of bytes or the width tells them apart, by that. */
const machines: Readonly<Record<number, string | readonly [little: string, big: string]>> = {
  3: '386',
  8: ['mipsle', 'mips'],
  21: ['ppc64le', 'ppc64'],
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** What machine the header of a program is for; undefined if it is none that is known. */
export function machineOf(header: Buffer): string | undefined {
  if (header.length < 20 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const [is64Bit, isLittle] = [header[4] === 2, header[5] === 1];
  const machine = machines[isLittle ? header.readUInt16LE(18) : header.readUInt16BE(18)];
  if (machine === undefined || typeof machine === 'string') return machine;
  const name = machine[isLittle ? 0 : 1];
  return is64Bit ? name.replace(/^mips/, 'mips64') : name;
}

function machineIn(root: number, path: string): string | undefined {
  const descriptor = tryOpen(root, path);
  if (descriptor === undefined) return undefined;
  try {
    const header = Buffer.alloc(20);
    return machineOf(header.subarray(0, readSync(descriptor, header, 0, header.length, 0)));
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

const nativeNames: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/**
 * Looks for an init system and a shell in a tree, and for what machine its programs are: this one where none of them tells.
 *
 * @param root the open root of the tree
 */
export function findPrograms(root: number): Programs {
  const first = (paths: readonly string[]) => paths.find((path) => isThere(root, path));
  const machine = [...inits, ...shells, ...others]
    .map((path) => machineIn(root, path))
    .find((name) => name !== undefined);
  const native = nativeNames[process.arch] ?? process.arch;
  return { init: first(inits), shell: first(shells), architecture: machine ?? native };
}
