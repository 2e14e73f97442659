import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { findPrograms, machineOf } from '../../../../../service/images/details/programs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

/** The header of a program (elf(5)). */
function elf(machine: number, { wide = true, little = true } = {}): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header[4] = wide ? 2 : 1;
  header[5] = little ? 1 : 2;
  if (little) header.writeUInt16LE(machine, 18);
  else header.writeUInt16BE(machine, 18);
  return header;
}

test('the machine of a program, in the words of Go', () => {
  assert.equal(machineOf(elf(62)), 'amd64');
  assert.equal(machineOf(elf(3, { wide: false })), '386');
  assert.equal(machineOf(elf(183)), 'arm64');
  assert.equal(machineOf(elf(40, { wide: false })), 'arm');
  assert.equal(machineOf(elf(21)), 'ppc64le');
  assert.equal(machineOf(elf(21, { little: false })), 'ppc64');
  assert.equal(machineOf(elf(22, { little: false })), 's390x');
  assert.equal(machineOf(elf(243)), 'riscv64');
  assert.equal(machineOf(elf(258)), 'loong64');
  assert.equal(machineOf(elf(8)), 'mips64le');
  assert.equal(machineOf(elf(8, { wide: false, little: false })), 'mips');
  assert.equal(machineOf(elf(9999)), undefined);
  assert.equal(machineOf(elf(62).subarray(0, 19)), undefined);
  assert.equal(machineOf(Buffer.from('#!/bin/sh\nexec something else\n')), undefined);
});

function found(path: string): ReturnType<typeof findPrograms> {
  const root = openSync(path, 'r');
  try {
    return findPrograms(root);
  } finally {
    closeSync(root);
  }
}

test('an init system, a shell and the machine are found within a tree, links included', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('usr/lib/systemd'), { recursive: true });
  mkdirSync(directory.file('usr/bin'));
  symlinkSync('usr/bin', directory.file('bin'));
  symlinkSync('/usr/lib', directory.file('lib'));
  const native = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'] ?? process.arch;
  assert.deepEqual(found(directory.path), { init: undefined, shell: undefined, architecture: native });
  writeFileSync(directory.file('usr/bin/sh'), elf(243));
  assert.deepEqual(found(directory.path), { init: undefined, shell: '/bin/sh', architecture: 'riscv64' });
  symlinkSync('/etc/passwd', directory.file('sbin'));
  writeFileSync(directory.file('usr/lib/systemd/systemd'), elf(22, { little: false }));
  symlinkSync('sh', directory.file('usr/bin/bash'));
  assert.deepEqual(found(directory.path), {
    init: '/usr/lib/systemd/systemd',
    shell: '/bin/bash',
    architecture: 's390x',
  });
});
