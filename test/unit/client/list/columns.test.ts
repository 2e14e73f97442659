import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../../../../client/connect/contract.js';
import { chooseColumns, chooseOrder } from '../../../../client/list/columns.js';

function image(name: string, more: Partial<Image> = {}): Image {
  return { class: 'machine', name, type: 'raw', path: `/images/${name}.raw`, readOnly: false, ...more };
}

function sorted(order: string, images: Image[]): string[] {
  return images.toSorted(chooseOrder(order)).map(({ name }) => name);
}

test('columns are chosen by their names, each once', () => {
  const names = chooseColumns('usage, name,usage').map(({ heading }) => heading);
  assert.deepEqual(names, ['USAGE', 'NAME']);
});

test('a column that was chosen is never left out', () => {
  assert.ok(chooseColumns('path,class').every((column) => column.rank === undefined));
});

const known =
  'class, name, type, path, ro, crtime, mtime, usage, limit, exclusive, hidden, source, verification, unused';

test('a column that is misspelt is refused with the list', () => {
  assert.throws(() => chooseColumns('name,usge'), {
    name: 'UserError',
    message: `Unknown column 'usge' for --columns=: expected ${known}. Did you mean usage?`,
  });
  assert.throws(() => chooseOrder('-nothing'), {
    name: 'UserError',
    message: `Unknown column 'nothing' for --sort=: expected ${known}.`,
  });
});

test('images are sorted by one column, then by the next', () => {
  const images = [image('a', { usage: 2 }), image('b', { usage: 1 }), image('c', { usage: 2 })];
  assert.deepEqual(sorted('usage', images), ['b', 'a', 'c']);
  assert.deepEqual(sorted('-usage', images), ['a', 'c', 'b']);
  assert.deepEqual(sorted('-usage,-name', images), ['c', 'a', 'b']);
});

test('what is not known comes last in either direction', () => {
  const images = [image('a'), image('b', { usage: 0, creationTimestamp: 5 }), image('c', { usage: null })];
  assert.deepEqual(sorted('usage', images), ['b', 'a', 'c']);
  assert.deepEqual(sorted('-usage', images), ['b', 'a', 'c']);
  assert.deepEqual(sorted('-crtime', images), ['b', 'a', 'c']);
});

test('sizes beyond 2^53 are sorted by their value', () => {
  assert.deepEqual(sorted('-usage', [image('a', { usage: 5 }), image('b', { usage: 2n ** 60n })]), ['b', 'a']);
});
