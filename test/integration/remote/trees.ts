import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A tree with what is easily lost on the way: owners, modes, attributes, access lists, links, holes, odd names. */
export function curiousTree(root: string): void {
  const file = (...names: string[]) => join(root, ...names);
  mkdirSync(file('directory', 'empty'), { recursive: true });
  mkdirSync(file('usr'));
  mkdirSync(file('etc'));
  writeFileSync(file('etc', 'os-release'), 'ID=test\n');
  writeFileSync(file('plain'), 'plain');
  writeFileSync(file('setuid'), '#!/bin/sh\n');
  chownSync(file('setuid'), 1234, 4321);
  chmodSync(file('setuid'), 0o4755);
  linkSync(file('plain'), file('directory', 'hard link'));
  symlinkSync('../../outside', file('directory', 'symbolic link'));
  writeFileSync(file('-option\nand line'), 'odd');
  writeFileSync(file('x'.repeat(255)), 'long');
  writeFileSync(file('holes'), 'begin');
  truncateSync(file('holes'), 10_000_000);
  for (const [program, ...parameters] of [
    ['setfattr', '-n', 'user.note', '-v', 'kept', file('plain')],
    ['setfattr', '-n', 'trusted.note', '-v', 'kept too', file('directory')],
    ['setfacl', '-m', 'user:1234:rw', file('etc', 'os-release')],
    ['setfacl', '-d', '-m', 'group:77:rx', file('directory')],
    ['setcap', 'cap_net_raw+ep', file('setuid')],
    ['mkfifo', file('pipe')],
    ['mknod', file('device'), 'c', '1', '3'],
  ] as const) {
    const { status, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  }
  utimesSync(file('directory'), 1_000_000_000, 1_234_567_890.5);
}
