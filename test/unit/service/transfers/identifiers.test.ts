import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Identifiers } from '../../../../service/transfers/identifiers.js';
import { temporaryDirectory } from '../../../support/temporary.js';

test('identifiers begin with 1, rise, and go on where a service that is gone has stopped', (t) => {
  const path = temporaryDirectory(t).file('ferry', 'last');
  const first = new Identifiers(path);
  assert.deepEqual([first.next(), first.next()], [1, 2]);
  assert.deepEqual([new Identifiers(path).next(), new Identifiers(path).next()], [3, 4]);
  assert.equal(readFileSync(path, 'utf8'), '4\n');
});

test('two services that overlap do not hand out the same', (t) => {
  const path = temporaryDirectory(t).file('last');
  const [a, b] = [new Identifiers(path), new Identifiers(path)];
  assert.deepEqual([a.next(), b.next(), a.next(), b.next()], [1, 2, 3, 4]);
});

for (const rubbish of ['', 'x', '-5\n', '0\n', '99999999999999999999\n']) {
  test(`a file that says ${JSON.stringify(rubbish)} counts as none`, (t) => {
    const path = temporaryDirectory(t).file('last');
    writeFileSync(path, rubbish);
    assert.equal(new Identifiers(path).next(), 1);
  });
}

test('an identifier that cannot be recorded is not handed out', (t) => {
  const path = temporaryDirectory(t).file('file');
  writeFileSync(path, '');
  assert.throws(() => new Identifiers(`${path}/last`).next(), {
    kind: 'FileSystemError',
    message: /(ENOTDIR|EEXIST)\)$/,
  });
});

test('that there is no room for an identifier is told as that', (t) => {
  const path = temporaryDirectory(t).file('last');
  symlinkSync('/dev/full', `${path}.new`);
  assert.throws(() => new Identifiers(path).next(), {
    kind: 'InsufficientSpace',
    message: new RegExp(`^The file system is full .*: ${path} could not be written\\. Make room and try again$`),
  });
});
