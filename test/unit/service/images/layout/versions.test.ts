import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareVersions, pickVersion } from '../../../../../service/images/layout/versions.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

/** Older first; from the examples of UAPI.10. */
const ascending = [
  [
    '122.1',
    '123~rc1-1',
    '123',
    '123-a',
    '123-a.1',
    '123-1',
    '123-1.1',
    '123^post1',
    '123.a-1',
    '123.1-1',
    '123a-1',
    '124-1',
  ],
  ['1', '2', '10'],
  ['1.0', '1.1', '1.10'],
  ['a', 'b', 'ba'],
  ['1~rc1', '1~rc2', '1'],
];

test('versions in order', () => {
  for (const list of ascending)
    for (const [index, newer] of list.entries())
      for (const older of list.slice(0, index)) {
        assert.ok(compareVersions(older, newer) < 0, `${older} < ${newer}`);
        assert.ok(compareVersions(newer, older) > 0, `${newer} > ${older}`);
      }
});

test('versions that are the same', () => {
  for (const [a, b] of [
    ['1', '01'],
    ['1_2', '1 2'],
    ['', ''],
  ] as const)
    assert.equal(compareVersions(a, b), 0, `${a} ${b}`);
});

test('the best entry of a versioned directory', async (t) => {
  await using directory = temporaryDirectory(t);
  const table: [fileNames: string[], picked: string | undefined][] = [
    [['y_9.raw', 'y_10.raw', 'z_11.raw', 'y_11.img'], 'y_10.raw'],
    [['y_9+3.raw', 'y_10+0-3.raw'], 'y_9+3.raw'],
    [['y_9.raw', 'y_9+3.raw'], 'y_9.raw'],
    [['y_1_x86-64.raw', 'y_1_arm64.raw'], process.arch === 'arm64' ? 'y_1_arm64.raw' : 'y_1_x86-64.raw'],
    [['y_2_arm64.raw', 'y_1.raw'], 'y_2_arm64.raw'],
    [['y.raw'], undefined],
    [['y_.raw'], undefined],
  ];
  for (const [index, [fileNames, picked]] of table.entries()) {
    const path = directory.file(String(index));
    mkdirSync(path);
    for (const fileName of fileNames) writeFileSync(`${path}/${fileName}`, '');
    assert.equal(pickVersion(path, 'y', '.raw'), picked, fileNames.join(' '));
  }
});

test('only what has the form counts as a version', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('y_2.raw'));
  writeFileSync(directory.file('y_1.raw'), '');
  assert.equal(pickVersion(directory.path, 'y', '.raw'), 'y_1.raw');
  mkdirSync(directory.file('z_1'));
  writeFileSync(directory.file('z_2'), '');
  assert.equal(pickVersion(directory.path, 'z', ''), 'z_1');
});
