import assert from 'node:assert/strict';
import { test } from 'node:test';
import { like, re } from '../../../../support/like.js';
import { processOfTransfer, sentInvalidMessage } from '../../../../support/texts/transfers.js';
import { forEver, nothingFetched, startProcesses } from './processes.js';

const someRecord = { sha256: 'ab'.repeat(32), sha512: null, bytes: 1, verification: 'signature', signedBy: null };
const finished = JSON.stringify({ type: 'fetched', outcome: nothingFetched });
const failed = (facts: object, kind = 'DownloadFailed') =>
  `tell(${JSON.stringify({ type: 'failure', kind, message: 'x', facts })});`;
const nonsense: [what: string, script: string, quoted: RegExp][] = [
  ['no JSON', `tell('hello\\n');`, /expected a value at character 0/],
  ['half an object', `tell('{"type":"log"\\n');`, /expected a comma or the end of the object at .*/],
  ['JSON that is no object', `tell('null\\n');`, /JSON that is not an object/],
  ['an object without a type', `tell('{}\\n');`, /a message of type undefined/],
  ['a type that nobody knows', `tell({ type: 'launch' });`, /a message of type "launch"/],
  ['a type that every object has', `tell({ type: 'constructor' });`, /a message of type "constructor"/],
  ['a type that is none', `tell({ type: {} });`, /a message of type \{\}/],
  [
    'what only placement can know',
    `tell({ type: 'received', bytes: 5, decodedBytes: 0 });`,
    /'received', which it cannot know/,
  ],
  [
    'that it has placed an image',
    `tell({ type: 'placed', outcome: { path: '/x', pristinePath: null, lossCount: 0, losses: [] } });`,
    /'placed', which it cannot know/,
  ],
  ['a line without end', `for (;;) tell('x'.repeat(1 << 20));`, /a line of more than 8388608 bytes/],
  [
    'a log line of 15 MiB',
    `tell({ type: 'log', priority: 6, message: 'x'.repeat(15 << 20) });`,
    /a line of more than .*/,
  ],
  [
    'a log line that is too long',
    `tell({ type: 'log', priority: 6, message: 'x'.repeat(8193) });`,
    /message: more than 8192 .*/,
  ],
  ['a log line for all terminals', `tell({ type: 'log', priority: 0, message: 'x' });`, /priority: not from 3 to 7/],
  [
    'infinitely many bytes',
    `tell('{"type":"progress","bytesDone":1e999,"bytesTotal":null}\\n');`,
    /number out of range.*/,
  ],
  ['fewer bytes than none', `tell({ type: 'progress', bytesDone: -1, bytesTotal: null });`, /bytesDone: not from 0 .*/],
  [
    'more bytes than can be counted',
    `tell({ type: 'progress', bytesDone: 2 ** 53, bytesTotal: null });`,
    /bytesDone: not .*/,
  ],
  [
    'half a byte',
    `tell({ type: 'progress', bytesDone: 0.5, bytesTotal: null });`,
    /'progress' with bytesDone: expected an .*/,
  ],
  ['NaN', `tell('{"type":"progress","bytesDone":NaN,"bytesTotal":null}\\n');`, /expected a value at .*/],
  ['a number as text', `tell({ type: 'progress', bytesDone: 'NaN', bytesTotal: null });`, /.*expected an integer.*/],
  [
    'a phase that only the service can know',
    `tell({ type: 'phase', phase: 'finished' });`,
    /'phase' with phase: expected.*/,
  ],
  [
    'a phase that only placement can know',
    `tell({ type: 'phase', phase: 'installing' });`,
    /phase 'installing', which .*/,
  ],
  ['a phase that is none', `tell({ type: 'phase', phase: {} });`, /'phase' with phase: expected one of .*/],
  [
    'a phase that every object has',
    `tell({ type: 'phase', phase: '__proto__' });`,
    /'phase' with phase: expected one of .*/,
  ],
  [
    'a field that nobody knows',
    `tell({ type: 'phase', phase: 'verifying', more: 1 });`,
    /'phase' with more: not a known .*/,
  ],
  [
    'a prototype',
    `tell('{"type":"bug","stack":"x","__proto__":{"bytes":1}}\\n');`,
    /'bug' with __proto__: not a known .*/,
  ],
  ['a field twice', `tell('{"type":"bug","stack":"x","stack":"y"}\\n');`, /duplicate key at .*/],
  ['arrays in arrays', `tell('{"type":"bug","stack":' + '['.repeat(1e5) + '\\n');`, /nested deeper than 2048 at .*/],
  ['a NUL', `tell('{"type":"bug","stack":"\\\\u0000"}\\n');`, /NUL in a string at .*/],
  ['half a surrogate pair', `tell('{"type":"bug","stack":"\\\\ud83d"}\\n');`, /lone surrogate in a string at .*/],
  ['bytes that are no text', `writeSync(3, Buffer.from('7b22fe220a', 'hex'));`, /invalid UTF-8/],
  ['a failure of no kind that there is', failed({}, 'Nonsense'), /'failure' with kind: expected one of .*/],
  ['a failure that only the service can know', failed({}, 'Cancelled'), /'failure' with kind: expected one of .*/],
  [
    'a failure that only placement can know',
    failed({ name: 'x', path: '/x' }, 'ImageExists'),
    /kind 'ImageExists', .*/,
  ],
  ['a failure with other facts', failed({ url: 'x', more: 1 }), /a failure DownloadFailed with more: not a .*/],
  ['a failure with too few facts', failed({ status: 5 }), /a failure DownloadFailed with url: missing/],
  ['a failure with a second message', failed({ url: 'x', message: 'y' }), /a failure DownloadFailed with other facts/],
  [
    'a failure with facts out of range',
    failed({ url: 'x', status: -1 }),
    /a failure DownloadFailed with status: not from .*/,
  ],
  [
    'a failure with facts of no end',
    failed({ url: 'x'.repeat(16385) }),
    /a failure DownloadFailed with url: more than .*/,
  ],
  [
    'a digest that is none',
    `tell(${JSON.stringify({ type: 'fetched', outcome: { ...nothingFetched, record: { ...someRecord, sha256: 'x' } } })});`,
    /outcome.record.sha256: not of the form that it has/,
  ],
  ['its last word twice', `tell('${finished}\\n${finished}\\n');`, /'fetched' after its last message/],
  [
    'a phase after its last word',
    `tell('${finished}\\n{"type":"phase","phase":"verifying"}\\n');`,
    /'phase' after its last.*/,
  ],
];
const forged = { ...nothingFetched, record: someRecord };
/** What a taken-over decode process would have to say to be believed. */
const nonsenseOfDecode: typeof nonsense = [
  ['a line without end', `for (;;) tell('x'.repeat(1 << 20));`, /a line of more than 262144 bytes/],
  [
    'that a download is verified',
    `tell(${JSON.stringify({ type: 'fetched', outcome: forged })});`,
    /'fetched', which it cannot know/,
  ],
  ['that there is something to decode', `tell({ type: 'encoded' });`, /'encoded', which it cannot know/],
  ['what has come', `tell({ type: 'received', bytes: 1, decodedBytes: 1 });`, /'received', which it cannot know/],
  ['what would be downloaded', `tell({ type: 'planned', outcome: {} });`, /'planned', which it cannot know/],
  ['where the transfer is', `tell({ type: 'phase', phase: 'verifying' });`, /'phase', which it cannot know/],
  ['something for people', `tell({ type: 'log', priority: 6, message: 'x' });`, /'log', which it cannot know/],
  ['that a download failed', failed({ url: 'http://x/' }), /kind 'DownloadFailed', which it cannot know/],
  [
    'that a download is not what it should be',
    failed({ file: 'x' }, 'VerificationFailed'),
    /kind 'VerificationFailed', which it cannot know/,
  ],
];
for (const [name, what, script, quoted] of [
  ...nonsense.map((each) => ['fetch', ...each] as const),
  ...nonsenseOfDecode.map((each) => ['decode', ...each] as const),
]) {
  test(`a ${name} process that says ${what} is one failed transfer, and no crash of the service`, async () => {
    const { supervisor, said } = startProcesses({ [name]: `${script} ${forEver}`, placement: 'hear();' });
    await supervisor.next('received');
    const failure = await supervisor.finish();
    assert.equal(failure?.kind, 'WorkerFailed');
    const says = like`^${processOfTransfer(name)} ${sentInvalidMessage(re(quoted))}; nothing was placed$`;
    assert.match(failure?.message ?? '', says);
    assert.deepEqual(
      said.filter(({ type }) => type !== 'fetched'),
      [],
    );
  });
}
