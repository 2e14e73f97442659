import assert from 'node:assert/strict';
import { chmodSync, chownSync, closeSync, linkSync, openSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setAttribute } from '../../../../../linux/attributes.js';
import { openPartial, partialName } from '../../../../../service/images/pristine/partial.js';
import { ownAttribute } from '../../../../../service/images/pristine/record.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const url = 'http://example.org/x.raw';
const record = { url, validator: '"v"', total: 100, offset: 50 };
const cases: [what: string, text: string, isUsed: boolean][] = [
  ['a record', JSON.stringify(record), true],
  ['one of unknown length', JSON.stringify({ ...record, total: null }), true],
  ['nothing of the length', JSON.stringify({ url, validator: '"v"', offset: 50 }), true],
  ['no JSON', '{', false],
  ['null', 'null', false],
  ['a list', '[]', false],
  ['another URL', JSON.stringify({ ...record, url: 'http://example.org/y.raw' }), false],
  ['a validator that is a header of its own', JSON.stringify({ ...record, validator: '"v"\r\nHost: evil' }), false],
  ['a validator that is no text', JSON.stringify({ ...record, validator: 5 }), false],
  ['no byte', JSON.stringify({ ...record, offset: 0 }), false],
  ['fewer bytes than none', JSON.stringify({ ...record, offset: -1 }), false],
  ['more bytes than there are', JSON.stringify({ ...record, offset: 101, total: null }), false],
  ['more bytes than in all', JSON.stringify({ ...record, total: 49 }), false],
  ['fewer in all than none', JSON.stringify({ ...record, total: -1 }), false],
  ['infinitely many', JSON.stringify(record).replace('50', '1e999'), false],
];
/** Makes a partial download with a record, changes it, and gives back whether it is gone on with. */
function isGoneOnWith(t: TestContext, text: string, change: (path: string) => void = () => {}): boolean {
  const { path, file } = temporaryDirectory(t);
  const partial = file(partialName(url));
  writeFileSync(partial, Buffer.alloc(100), { mode: 0o600 });
  const descriptor = openSync(partial, 'r+');
  setAttribute(descriptor, ownAttribute('partial'), Buffer.from(text));
  closeSync(descriptor);
  change(partial);
  const opened = openPartial(path, url);
  if (opened !== undefined) closeSync(opened.descriptor);
  return opened !== undefined;
}

for (const [what, text, isUsed] of cases) {
  test(`a partial download whose record says ${what} is ${isUsed ? 'gone on with' : 'not believed'}`, (t) => {
    if (needs(t, { root: true })) assert.equal(isGoneOnWith(t, text), isUsed);
  });
}

const foreign: [what: string, change: (path: string) => void][] = [
  ["somebody else's", (path) => chownSync(path, 12345, 0)],
  ['a file that has another name as well', (path) => linkSync(path, `${path}-again`)],
  ['a file that its group may write to', (path) => chmodSync(path, 0o620)],
  ['a file that everybody may write to', (path) => chmodSync(path, 0o602)],
  [
    'a link',
    (path) => {
      renameSync(path, `${path}-again`);
      symlinkSync(`${path}-again`, path);
    },
  ],
];
for (const [what, change] of foreign) {
  test(`${what} in the place of a partial download is not gone on with`, (t) => {
    if (needs(t, { root: true })) assert.equal(isGoneOnWith(t, JSON.stringify(record), change), false);
  });
}
