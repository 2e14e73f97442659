import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../command.js';

/** A small operating system release as a server would offer it, to be changed by the test that asked for it. */
export interface Release {
  readonly path: string;
  /** The tree that tiny.tar was packed from. */
  readonly tree: string;
  /** Writes SHA256SUMS anew, over all images as they are. */
  writeSums(): void;
}

/**
 * Makes `tiny.tar`, `tiny.tar.gz`, `tiny.raw` (4 MiB, mostly a hole) and `tiny.raw.gz` with SHA256SUMS in a directory.
 * Needs no root; the tree belongs to whoever runs the test.
 */
export function makeRelease(directory: string, content = 'first'): Release {
  const path = join(directory, 'served');
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  mkdirSync(join(tree, 'usr', 'bin'), { recursive: true });
  mkdirSync(path, { recursive: true });
  writeFileSync(join(tree, 'etc', 'os-release'), `ID=tiny\nVERSION_ID=${content}\n`);
  writeFileSync(join(tree, 'usr', 'bin', 'tool'), content, { mode: 0o755 });
  run('ln', ['-sf', 'usr/bin', join(tree, 'bin')]);
  run('chmod', ['4755', join(tree, 'usr', 'bin', 'tool')]);
  run('tar', [
    '--create',
    '--format=posix',
    '--sort=name',
    '--numeric-owner',
    '-C',
    tree,
    '-f',
    join(path, 'tiny.tar'),
    '.',
  ]);
  const makeDisk =
    'cd "$1"; printf %s "$2" >tiny.raw; truncate -s 4M tiny.raw; printf end | dd of=tiny.raw bs=1 seek=2M conv=notrunc status=none';
  shell(makeDisk, [path, content]);
  shell('cd "$1"; gzip --keep --force tiny.tar tiny.raw', [path]);
  const writeSums = () => void shell('cd "$1"; sha256sum tiny.* >SHA256SUMS', [path]);
  writeSums();
  return { path, tree, writeSums };
}
