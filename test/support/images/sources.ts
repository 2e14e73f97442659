import { mkdirSync, rmSync } from 'node:fs';
import { run, shell } from '../command.js';

// What is imported and exported.

/** Makes a small tree with owners, modes, attributes, ACLs, links, holes and devices in a new directory. Needs root. */
export function makeTree(path: string): string {
  mkdirSync(path, { recursive: true });
  shell(
    `cd "$1"
    mkdir -p etc usr/bin usr/lib empty
    printf 'ID=small\\n' >usr/lib/os-release && ln -s ../usr/lib/os-release etc/os-release
    printf tool >usr/bin/tool && chown 12:34 usr/bin/tool && chmod 6755 usr/bin/tool
    ln usr/bin/tool usr/bin/tool-again
    truncate -s 1M holes && printf middle | dd of=holes bs=1 seek=524288 conv=notrunc status=none
    printf text >acl && setfacl -m u:1234:rw,g:2345:r acl
    mkdir acl-directory && setfacl -m d:u:1234:rwx acl-directory
    printf text >attributes && setfattr -n user.note -v words attributes
    mkdir closed && printf text >closed/file && chmod 000 closed
    ln -s nowhere dangling && chown -h 70000:80000 dangling
    mkfifo fifo && mknod null c 1 3
    find . -depth -print0 | xargs -0 touch -h -d '2023-03-04 05:06:07.123456789 UTC'`,
    [path],
  );
  return path;
}

const everything = ['--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--sparse', '--format=posix'];

/** Packs a tree with GNU tar. */
export function packWithTar(tree: string, archive: string, ...members: string[]): string {
  run('tar', [
    '--create',
    ...everything,
    '--sort=name',
    '-C',
    tree,
    '-f',
    archive,
    ...(members.length > 0 ? members : ['.']),
  ]);
  return archive;
}

/** Unpacks an archive with GNU tar, all it can, into a directory that is made anew; its path. */
export function unpackWithTar(archive: string, path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  run('tar', ['-x', '-f', archive, '-C', path, '--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-p']);
  return path;
}

/** The programs that compress, by the suffix that files get. */
export const compressors: Readonly<Record<string, readonly string[]>> = {
  '': ['cat'],
  '.gz': ['gzip', '-c'],
  '.xz': ['xz', '-c', '-1'],
  '.zst': ['zstd', '-q', '-c'],
  '.bz2': ['bzip2', '-c'],
};

/** Compresses a file beside itself; the path of the result. */
export function compress(path: string, suffix: string): string {
  const program = compressors[suffix] ?? [];
  if (suffix !== '') shell('from=$1 to=$2; shift 2; "$@" <"$from" >"$to"', [path, path + suffix, ...program]);
  return path + suffix;
}

/** Makes a disk with data here and there, most of it holes, whose size is no multiple of anything. */
export function makeDisk(path: string): string {
  shell(
    `printf start >"$1"; truncate -s 5243905 "$1"
    head -c 300000 /dev/urandom | dd of="$1" bs=1M seek=2 conv=notrunc status=none
    printf end | dd of="$1" bs=1 seek=5243902 conv=notrunc status=none`,
    [path],
  );
  return path;
}

/** A form that a disk can be in, made from a raw one. */
export interface DiskForm {
  suffix: string;
  make(raw: string, path: string): void;
}

function qcow2(...options: string[]): DiskForm['make'] {
  return (raw, path) => void run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, path]);
}

export const diskForms: readonly DiskForm[] = [
  ...Object.keys(compressors).map((suffix) => ({
    suffix: `.raw${suffix}`,
    make: (raw: string, path: string) => {
      run('cp', ['--sparse=always', raw, path.slice(0, path.length - suffix.length)]);
      compress(path.slice(0, path.length - suffix.length), suffix);
    },
  })),
  { suffix: '.v2.qcow2', make: qcow2('-o', 'compat=0.10') },
  { suffix: '.v3.qcow2', make: qcow2('-c', '-o', 'compat=1.1,cluster_size=4k') },
  { suffix: '.zstd.qcow2', make: qcow2('-c', '-o', 'compat=1.1,compression_type=zstd') },
];
