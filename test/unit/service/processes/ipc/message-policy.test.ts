import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsMax, messageMax, stackMax } from '../../../../../service/processes/ipc/bounds.js';
import { readMessage } from '../../../../../service/processes/ipc/message-policy.js';
import type { WorkerName } from '../../../../../service/sandbox/needs.js';

function read(speaker: WorkerName, message: object): unknown {
  return readMessage(speaker, Buffer.from(JSON.stringify(message)));
}

const log = (changes: object) => ({ type: 'log', priority: 6, message: 'x', ...changes });
const leftover = { path: '/v/.#x', bytes: 1, time: undefined, reason: 'temporary' };
const leftovers = (count: number) => ({ type: 'leftovers', leftovers: Array(count).fill(leftover) });
const moved = (changes: object) => ({
  type: 'moved',
  outcome: {
    bytes: 1,
    sha256: undefined,
    decodedBytes: 1,
    diffId: undefined,
    ignoredBytes: undefined,
    manifestDigest: undefined,
    ...changes,
  },
});
const placed = (changes: object) => ({
  type: 'placed',
  outcome: { path: '/v/x.raw', pristinePath: undefined, lossCount: 0, losses: [], ...changes },
});

/** Who says something, the largest and smallest that is heard, and what is just beyond. */
const bounds: [what: string, speaker: WorkerName, heard: object[], refused: object[]][] = [
  [
    'a priority',
    'fetch',
    [log({ priority: 3 }), log({ priority: 7 })],
    [-1, 0, 1, 2, 8, 6.5, '6', null].map((priority) => log({ priority })),
  ],
  ['a line', 'fetch', [log({ message: 'x'.repeat(messageMax) })], [log({ message: 'x'.repeat(messageMax + 1) })]],
  [
    'a stack',
    'cleanup',
    [{ type: 'bug', stack: 'x'.repeat(stackMax) }],
    [{ type: 'bug', stack: 'x'.repeat(stackMax + 1) }],
  ],
  ['a list', 'cleanup', [leftovers(0), leftovers(itemsMax)], [leftovers(itemsMax + 1)]],
  [
    'a count',
    'decode',
    [moved({ bytes: 0 }), moved({ bytes: Number.MAX_SAFE_INTEGER })],
    [-1, 0.5, Number.MAX_SAFE_INTEGER + 1, '1'].map((bytes) => moved({ bytes })),
  ],
  [
    'a digest',
    'decode',
    [moved({ sha256: 'a1'.repeat(32) })],
    ['a1'.repeat(31), 'A1'.repeat(32), 'g1'.repeat(32), `${'a1'.repeat(32)}\n`].map((sha256) => moved({ sha256 })),
  ],
  [
    'a path',
    'placement',
    [placed({}), placed({ pristinePath: '/v/.raw-x' })],
    ['', 'x', './x', '../x'].flatMap((path) => [placed({ path }), placed({ pristinePath: path })]),
  ],
];

for (const [what, speaker, heard, refused] of bounds) {
  test(`${what} of a process is heard within its bounds, and not beyond`, () => {
    for (const message of heard) assert.deepEqual(read(speaker, message), message);
    for (const message of refused) assert.throws(() => read(speaker, message), TypeError, JSON.stringify(message));
  });
}

test('what only another process can know is not heard', () => {
  const rows: [speaker: WorkerName, message: object][] = [
    ['decode', log({})],
    ['fetch', placed({})],
    ['decode', placed({})],
    ['placement', moved({})],
    ['fetch', leftovers(1)],
    ['fetch', { type: 'managed' }],
    ['cleanup', { type: 'managed' }],
    ['fetch', { type: 'phase', phase: 'installing' }],
    ['placement', { type: 'phase', phase: 'verifying' }],
    ['decode', { type: 'failure', kind: 'ImageExists', message: 'x', facts: { name: 'x' } }],
    ['fetch', { type: 'nothing' }],
  ];
  for (const [speaker, message] of rows)
    assert.throws(() => read(speaker, message), TypeError, `${speaker}: ${JSON.stringify(message)}`);
});
