import assert from 'node:assert/strict';
import { closeSync, copyFileSync, mkdirSync, openSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { getAttribute, removeAttribute, setAttribute } from '../../../../../linux/attributes.js';
import {
  type NewProvenance,
  provenanceAttribute,
  readProvenance,
  writeProvenance,
} from '../../../../../service/images/provenance/provenance.js';
import { sealRecord } from '../../../../../service/images/provenance/record.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const key = Buffer.alloc(32, 7);
const pulled: NewProvenance = {
  url: 'https://example.com/a.raw.xz',
  etag: '"1"',
  lastModified: 1_700_000_000_000_000,
  sha256: 'ab'.repeat(32),
  bytes: 12,
  verification: 'signature',
  signedBy: 'CD'.repeat(20),
  verifiedAt: 1_700_000_001_000_000,
  pristine: '/var/lib/machines/.raw-x',
  operation: 'pull',
  uid: 1000,
};

function opened(t: TestContext, path: string): number {
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  return descriptor;
}

/** Two images in a directory, the first with its record; undefined where there is no place for records. */
function images(t: TestContext) {
  const { file } = temporaryDirectory(t);
  for (const name of ['one', 'other']) writeFileSync(file(name), name);
  const [one, other] = [opened(t, file('one')), opened(t, file('other'))];
  if (writeProvenance(one, pulled, key, true)) return { file, one, other };
  t.skip('needs a file system that keeps attributes and times of birth');
  return undefined;
}

const recordOf = (descriptor: number) => getAttribute(descriptor, provenanceAttribute()) ?? Buffer.alloc(0);
const give = (descriptor: number, value: Buffer | string) =>
  setAttribute(descriptor, provenanceAttribute(), Buffer.from(value));

function assertNotBelieved(descriptor: number, state: string): void {
  assert.deepEqual(readProvenance(descriptor, key), { state, changed: 'unknown', provenance: undefined });
}

test('what was recorded with an image is read, with the time and the version that placed it', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const { state, changed, provenance } = readProvenance(here.one, key);
  assert.deepEqual([state, changed], ['known', 'no']);
  const { placedAt = 0, version = '', ...rest } = provenance ?? {};
  assert.deepEqual(rest, pulled);
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.ok(placedAt > 1_700_000_000_000_000);
});

test('an image without a record has none', (t) => {
  const here = images(t);
  if (here !== undefined) assertNotBelieved(here.other, 'none');
});

test('a record survives that its image is renamed', (t) => {
  const here = images(t);
  if (here === undefined) return;
  renameSync(here.file('one'), here.file('renamed'));
  assert.equal(readProvenance(opened(t, here.file('renamed')), key).state, 'known');
});

test('a record that was borrowed from another image is told of, and not believed as the own one', (t) => {
  const here = images(t);
  if (here === undefined) return;
  give(here.other, recordOf(here.one));
  const { state, changed, provenance } = readProvenance(here.other, key);
  assert.deepEqual([state, changed, provenance?.url], ['copied', 'unknown', pulled.url]);
});

test('a record with changed bytes, of another key or with no right to its name is forged', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const value = recordOf(here.one).toString();
  for (const forged of [
    value.replace('example.com', 'example.org'),
    value.replace('"signature"', '"checksum"'),
    value.replace('"uid":1000', '"uid":1001'),
    value.replace(/"mac":"./, (start) => start.slice(0, -1) + (start.endsWith('0') ? '1' : '0')),
    value.replace(/inode:\d+/, 'inode:1'),
    value.replace('{"url"', '{ "url"'),
  ]) {
    assert.notEqual(forged, value);
    give(here.one, forged);
    assertNotBelieved(here.one, 'forged');
  }
});

test('junk, and JSON of another shape, is unreadable', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const record = { ...pulled, placedAt: 1, version: '1', carrier: 'x', evidence: { modified: '1' } };
  const sealed = sealRecord({ ...record, changedBefore: 'no' }, key).toString();
  for (const junk of [
    '',
    'x'.repeat(2000),
    '{}',
    'null',
    '[]',
    '{"url":"https://example.com/"}',
    `${sealed}x`,
    sealed.replace('"mac"', '"Mac"'),
    sealed.replace(/"record":.*/s, '"record":[]}'),
  ]) {
    give(here.one, junk);
    assertNotBelieved(here.one, 'unreadable');
  }
});

test('an authentic record of a shape that this version does not know is unreadable', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const record = { ...pulled, placedAt: 1, version: '1', carrier: 'x', evidence: { modified: '1' } };
  const strange = (changes: object) => sealRecord({ ...record, changedBefore: 'no', ...changes }, key);
  for (const changes of [
    { operation: 'steal' },
    { placedAt: -1 },
    { placedAt: '1' },
    { url: 7 },
    { verification: 'maybe' },
    { evidence: null },
    { evidence: { modified: 1 } },
    { changedBefore: undefined },
    { carrier: undefined },
    { uid: undefined },
  ]) {
    give(here.one, strange(changes));
    assertNotBelieved(here.one, 'unreadable');
  }
  give(here.one, strange({ news: 'of a later version' }));
  assert.equal(readProvenance(here.one, key).state, 'copied');
});

test('a record whose key is gone or was replaced cannot be checked, which does not mean that it is forged', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const unchecked = { state: 'unchecked', changed: 'unknown', provenance: undefined };
  assert.deepEqual(readProvenance(here.one, undefined), unchecked);
  assert.deepEqual(readProvenance(here.one, Buffer.alloc(32, 8)), unchecked);
});

test('a disk was changed when its size or its time is another one', (t) => {
  const here = images(t);
  if (here === undefined) return;
  utimesSync(here.file('one'), 1, 1);
  assert.equal(readProvenance(here.one, key).changed, 'yes');
  assert.equal(writeProvenance(here.one, pulled, key, true), true);
  assert.equal(readProvenance(here.one, key).changed, 'no');
  writeFileSync(here.file('one'), 'longer');
  utimesSync(here.file('one'), 1, 1);
  assert.equal(readProvenance(here.one, key).changed, 'yes');
});

test('a clone of a changed image does not claim to be what came', (t) => {
  const here = images(t);
  if (here === undefined) return;
  for (const changedBefore of ['yes', 'unknown', 'no'] as const) {
    writeProvenance(here.other, { ...pulled, operation: 'clone', changedBefore }, key, true);
    assert.equal(readProvenance(here.other, key).changed, changedBefore);
  }
  utimesSync(here.file('other'), 1, 1);
  assert.equal(readProvenance(here.other, key).changed, 'yes');
});

test('a tree that nothing shows a change of may have been changed', (t) => {
  const { file } = temporaryDirectory(t);
  mkdirSync(file('tree/var/log'), { recursive: true });
  const tree = opened(t, file('tree'));
  if (!writeProvenance(tree, pulled, key, true)) return t.skip('needs a file system that keeps attributes');
  assert.equal(readProvenance(tree, key).changed, 'unknown');
  renameSync(file('tree'), file('other'));
  assert.equal(readProvenance(tree, key).changed, 'unknown');
});

for (const [what, change] of [
  ['a new entry', (tree: string) => writeFileSync(`${tree}/new`, '')],
  ['a file at its top', (tree: string) => writeFileSync(`${tree}/file`, 'changed')],
  ['a log', (tree: string) => writeFileSync(`${tree}/var/log/messages`, '')],
] as const)
  test(`a tree shows that it was changed by ${what}`, async (t) => {
    const { file } = temporaryDirectory(t);
    mkdirSync(file('tree/var/log'), { recursive: true });
    writeFileSync(file('tree/file'), 'x');
    const tree = opened(t, file('tree'));
    if (!writeProvenance(tree, pulled, key, true)) return t.skip('needs a file system that keeps attributes');
    // The kernel's clock may be behind by a tick or two.
    await new Promise((resolve) => setTimeout(resolve, 50));
    change(file('tree'));
    assert.equal(readProvenance(tree, key).changed, 'yes');
  });

test('a URL that has no place is recorded by its digest, with a record that is authentic', (t) => {
  const here = images(t);
  if (here === undefined) return;
  const url = `https://example.com/${'x'.repeat(70_000)}`;
  assert.equal(writeProvenance(here.one, { ...pulled, url }, key, true), true);
  const { state, provenance } = readProvenance(here.one, key);
  assert.equal(state, 'known');
  assert.match(provenance?.url ?? '', /^sha256:[0-9a-f]{64}$/);
  removeAttribute(here.one, provenanceAttribute());
  assertNotBelieved(here.one, 'none');
});

test('a copy without the attribute has no record', (t) => {
  const here = images(t);
  if (here === undefined) return;
  copyFileSync(here.file('one'), here.file('copy'));
  const { state } = readProvenance(opened(t, here.file('copy')), key);
  assert.ok(state === 'none' || state === 'copied');
});
