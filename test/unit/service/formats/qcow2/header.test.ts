import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { isQcow2 } from '../../../../../service/formats/qcow2/header.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

test('only the magic number makes a qcow2 image; what is too short for it is raw', async (t) => {
  await using directory = temporaryDirectory(t);
  const table: [string, boolean][] = [
    ['', false],
    ['Q', false],
    ['QFI', false],
    ['QFI\xfb', true],
    ['QFI\xfb\0\0\0\x03', true],
    ['QFI\xfa\0\0\0\x03', false],
  ];
  for (const [content, expected] of table) {
    const path = directory.file('file');
    writeFileSync(path, Buffer.from(content, 'latin1'));
    const descriptor = openSync(path, 'r');
    assert.equal(isQcow2(descriptor), expected, JSON.stringify(content));
    closeSync(descriptor);
  }
});
