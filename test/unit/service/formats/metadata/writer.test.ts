import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemError } from '../../../../../linux/errno.js';
import { AT_FDCWD, keepOwner } from '../../../../../linux/files.js';
import { statusAt } from '../../../../../linux/status.js';
import type { Labels } from '../../../../../service/formats/metadata/attributes.js';
import type { Inode } from '../../../../../service/formats/metadata/inode.js';
import { exact, LossCounter, type LossKeeper } from '../../../../../service/formats/metadata/losses.js';
import {
  type FileDescription,
  type FreshlyMade,
  MetadataWriter,
} from '../../../../../service/formats/metadata/writer.js';
import { lossesOf } from '../tar/unpacking.js';

const EPERM = 1;
const here = -1;
const subject = { path: 'x' };
const creator = { user: 5, group: 6 };
const time = { seconds: 1, nanoseconds: 2 };
const value = Buffer.from('v');
const plain: FileDescription = { ...creator, mode: 0o644, accessed: time, modified: time, attributes: [] };

/** An inode that notes what is done to it, and refuses these calls. */
function noting(refused: readonly string[] = []): { inode: Inode; calls: string[] } {
  const calls: string[] = [];
  const note = (call: string): void => {
    calls.push(call);
    if (refused.some((name) => call.startsWith(name))) throw new SystemError('call', EPERM, '');
  };
  const inode: Inode = {
    changeOwner: (user, group) => note(`owner ${user}:${group}`),
    changeMode: (mode) => note(`mode ${mode.toString(8)}`),
    setAttribute: (name) => note(`attribute ${String(name)}`),
    setTimes: () => note('times'),
    status: () => statusAt(AT_FDCWD, '/'),
  };
  return { inode, calls };
}

interface Case {
  readonly wanted: Partial<FileDescription>;
  readonly made?: Partial<FreshlyMade>;
  readonly refused?: string[];
  readonly labels?: Labels;
}

function described({ wanted, made, refused, labels = 'set' }: Case, losses: LossKeeper = exact): string[] {
  const { inode, calls } = noting(refused);
  const isMade = { mode: 0o644, owner: creator, ...made };
  new MetadataWriter(losses, labels).describe(inode, subject, { ...plain, ...wanted }, isMade);
  return calls;
}

test('what is as it should be is not set again', () => {
  assert.deepEqual(described({ wanted: {} }), ['times']);
});

test('the owner comes first, then the mode, attributes and times', () => {
  const attributes = [
    { name: 'user.a', value },
    { name: 'security.capability', value },
  ];
  assert.deepEqual(described({ wanted: { user: 7, mode: 0o4755, attributes } }), [
    'owner 7:6',
    'mode 4755',
    'attribute user.a',
    'attribute security.capability',
    'times',
  ]);
});

test('set-id bits are set anew, for a change of the owner may have cleared them', () => {
  assert.deepEqual(described({ wanted: { mode: 0o4755 }, made: { mode: 0o4755 } }), ['mode 4755', 'times']);
});

test('what belongs to somebody else than it should has no set-id bits', () => {
  const losses = new LossCounter(here);
  assert.deepEqual(described({ wanted: { user: 7, mode: 0o6755 }, refused: ['owner'] }, losses), [
    'owner 7:6',
    'mode 755',
    'times',
  ]);
  assert.deepEqual(lossesOf(losses.losses), { entries: 1, owners: 1, modes: 1 });
});

test('the mode of a symbolic link is neither set nor lost', () => {
  const losses = new LossCounter(here);
  const calls = described({ wanted: { user: 7, mode: 0o6777 }, made: { mode: undefined }, refused: ['owner'] }, losses);
  assert.deepEqual(calls, ['owner 7:6', 'times']);
  assert.deepEqual(lossesOf(losses.losses), { entries: 1, owners: 1 });
});

test('an owner that nobody can be is a loss, and the other half is kept', () => {
  const losses = new LossCounter(here);
  assert.deepEqual(described({ wanted: { user: 2 ** 32 } }, losses), [`owner ${keepOwner}:6`, 'times']);
  assert.deepEqual(lossesOf(losses.losses), { entries: 1, owners: 1 });
});

test('labels are set, tried or left out', () => {
  const attributes = [
    { name: 'security.selinux', value },
    { name: 'user.a', value },
  ];
  const rows: [Labels, string[]][] = [
    ['set', ['attribute security.selinux', 'attribute user.a', 'times']],
    ['try', ['attribute security.selinux', 'attribute user.a', 'times']],
    ['leave', ['attribute user.a', 'times']],
  ];
  for (const [labels, calls] of rows) assert.deepEqual(described({ wanted: { attributes }, labels }), calls, labels);
  const refused = ['attribute security'];
  assert.equal(described({ wanted: { attributes }, labels: 'try', refused }).length, 3);
  assert.throws(() => described({ wanted: { attributes }, labels: 'set', refused }), { code: 'EPERM' });
});

test('where everything must be kept, what is refused is a failure', () => {
  assert.throws(() => described({ wanted: { user: 7 }, refused: ['owner'] }), { code: 'EPERM' });
  const attributes = [{ name: 'user.a', value }];
  assert.throws(() => described({ wanted: { attributes }, refused: ['attribute'] }), { code: 'EPERM' });
});

test('a thing that loses much is one entry', () => {
  const losses = new LossCounter(here);
  const attributes = [
    { name: 'user.a', value },
    { name: 'user.b', value },
  ];
  described({ wanted: { user: 7, attributes }, refused: ['owner', 'attribute'] }, losses);
  losses.count('flags', { path: 'another' });
  assert.deepEqual(lossesOf(losses.losses), { entries: 2, owners: 1, attributes: 2, flags: 1 });
});
