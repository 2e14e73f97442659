import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOutput } from '../../../../../service/transfers/inspect/output.js';

const root = {
  rw: 'ro',
  designator: 'root',
  partition_uuid: null,
  partition_label: null,
  fstype: 'ext4',
  verity: 'no',
};

/** What systemd-dissect of systemd 257 prints. */
const printed = {
  name: 'disk.raw',
  size: 1048576,
  sectorSize: 512,
  architecture: 'x86-64',
  hostname: 'inside',
  machineId: 'ab'.repeat(16),
  osRelease: ['ID=inside', 'PRETTY_NAME=Inside 1'],
  sysextRelease: ['ID=_any'],
  useBootableUefi: false,
  useBootableContainer: true,
  usePortableService: true,
  mounts: [root],
};

test('what systemd-dissect prints is read: uses, names, partitions, and the release of the class', () => {
  assert.deepEqual(readOutput(JSON.stringify(printed), 'machine'), {
    inspection: {
      uses: ['BootableContainer', 'PortableService'],
      architecture: 'x86-64',
      hostname: 'inside',
      machineId: 'ab'.repeat(16),
      partitions: [
        { designator: 'root', fileSystem: 'ext4', label: null, uuid: null, architecture: null, verity: 'no' },
      ],
    },
    release: ['ID=inside', 'PRETTY_NAME=Inside 1'],
  });
  assert.deepEqual(readOutput(JSON.stringify(printed), 'sysext')?.release, ['ID=_any']);
  assert.deepEqual(readOutput(JSON.stringify(printed), 'confext')?.release, []);
});

test('the release of an extension is found where systemd-dissect before 254 has it', () => {
  const older = JSON.stringify({ extensionRelease: ['ID=older'], mounts: [] });
  for (const imageClass of ['sysext', 'confext'] as const)
    assert.deepEqual(readOutput(older, imageClass)?.release, ['ID=older']);
  assert.deepEqual(readOutput(older, 'machine')?.release, []);
});

test('what systemd-dissect does not print is told apart, and fields that make no sense are left out', () => {
  for (const output of ['', '{', 'null', '[]', '"x"', '{}', '{"mounts":{}}'])
    assert.equal(readOutput(output, 'machine'), undefined, output);
  const odd = {
    hostname: 1,
    machineId: {},
    architecture: '',
    osRelease: [1, null, 'A=1\0'],
    useX: 'yes',
    mounts: [1, {}],
  };
  assert.deepEqual(readOutput(JSON.stringify(odd), 'machine'), {
    inspection: { uses: [], architecture: null, hostname: null, machineId: null, partitions: [] },
    release: ['A=1�'],
  });
});

test('of what a disk says at great length only the beginning is passed on', () => {
  const long = { osRelease: Array(1000).fill('x'.repeat(10_000)), mounts: Array(1000).fill(root) };
  const read = readOutput(JSON.stringify(long), 'machine');
  assert.equal(read?.inspection.partitions.length, 100);
  assert.deepEqual(read?.release, Array(100).fill(`${'x'.repeat(4095)}…`));
});
