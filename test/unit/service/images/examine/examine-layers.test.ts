import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { examineLayers } from '../../../../../service/images/examine/examine-layers.js';
import { digestOf, writeLayer, writeStack } from '../../../../support/images/layers.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

test('verify tells of layers that are missing, and that others cannot be compared', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  const layers = ['a', 'b', 'c'].map((digit) => writeLayer(path, digit, {}));
  const stack = writeStack(path, 'img', ['a', 'b', 'c', 'a']);
  const check = () => examineLayers(stack).map(({ kind, verdict, message }) => [kind, verdict, message]);
  assert.deepEqual(check(), [
    [
      'pristine',
      'unknown',
      'Cannot compare the 3 layers with their digests: those are of the archives they were unpacked from',
    ],
  ]);
  const missing = (count: number) => [
    [
      'pristine',
      'bad',
      `${count} of 3 layers are missing, so the image does not start, such as ${digestOf('b')}; pull it again`,
    ],
  ];
  rmSync(layers[1] ?? '', { recursive: true });
  assert.deepEqual(check(), missing(1));
  rmSync(layers[2] ?? '', { recursive: true });
  assert.deepEqual(check(), missing(2));
  assert.deepEqual(examineLayers(`${path}/tree`), []);
});
