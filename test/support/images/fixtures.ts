import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { run } from '../command.js';
import { lacking, needs } from '../needs.js';
import { projectFile } from '../project.js';

// The images that tests and benchmarks work on: see fixtures.sh, which makes them once. Read them only, never change them.

export const archiveNames = [
  'debian.tar',
  'debian.tar.gz',
  'debian.tar.xz',
  'debian.tar.zst',
  'debian.tar.bz2',
] as const;
export const diskNames = [
  'disk.raw',
  'disk.raw.gz',
  'disk.raw.xz',
  'disk.raw.zst',
  'disk.qcow2',
  'disk-compressed.qcow2',
  'grub-rescue-cdrom.iso',
  'grub-rescue-floppy.img',
] as const;

export type ArchiveName = (typeof archiveNames)[number];
export type DiskName = (typeof diskNames)[number];

/**
 * The path of a Debian root tree with at least 250 MiB, setuid files, device nodes, and in opt/curiosities whatever else a
 * tar archive can carry. Undefined, with the test skipped, where it cannot be made.
 */
export function debianTree(t: TestContext): string | undefined {
  // Others may not read all of it.
  return needs(t, { root: true }) ? fixture(t, 'tree') : undefined;
}

/** That tree, packed by GNU tar and compressed in several ways: the path of each archive. */
export function debianArchives(t: TestContext): Readonly<Record<ArchiveName, string>> | undefined {
  return filesOf(fixture(t, 'archives'), archiveNames);
}

/** A directory to be served: all archives and disks, SHA256SUMS and SHA256SUMS.gpg, and a .sha256 of its own for some. */
export interface SignedDirectory {
  readonly path: string;
  /** An OpenPGP keyring with the key that signed. */
  readonly keyring: string;
  /** An OpenPGP keyring with another key only. */
  readonly strangerKeyring: string;
}

export function signedDirectory(t: TestContext): SignedDirectory | undefined {
  const path = fixture(t, 'signed');
  return path === undefined
    ? undefined
    : { path, keyring: join(path, 'trusted.pgp'), strangerKeyring: join(path, 'stranger.pgp') };
}

type FixtureName = 'tree' | 'archives' | 'images' | 'signed';

const shared = '/var/tmp/ferry-test';
const cache = `${shared}/fixtures-v1`;
const needed = {
  root: true,
  features: ['mount'],
  files: ['/usr/lib/grub-rescue/grub-rescue-cdrom.iso'],
  programs: [
    'debootstrap',
    'setcap',
    'setfattr',
    'setfacl',
    'pigz',
    'xz',
    'zstd',
    'lbzip2',
    'mkfs.ext4',
    'qemu-img',
    'gpg',
  ],
} as const;

function fixture(t: TestContext, name: FixtureName): string | undefined {
  // What root has made, others may use; root uses nothing that somebody else may have made.
  if (existsSync(join(cache, name)) && [0, process.getuid?.()].includes(lstatSync(shared).uid))
    return join(cache, name);
  const reason = lacking(needed);
  if (reason !== undefined) t.skip(`${reason} to make the fixture ${name}`);
  return reason === undefined ? run(projectFile('test', 'support', 'images', 'fixtures.sh'), [name]).trim() : undefined;
}

function filesOf<Name extends string>(folder: string | undefined, names: readonly Name[]) {
  if (folder === undefined) return undefined;
  return Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<Name, string>;
}
