import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Failure } from '../../../../../common/failure.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import { readOrExplain } from '../../../../../service/processes/decode/decode-stream.js';
import { originOf } from '../../../../../service/processes/fetch/origin.js';
import { readAnnouncement } from '../../../../../service/processes/ipc/announcement.js';
import { FrameReader, FrameWriter } from '../../../../../service/processes/ipc/frames.js';
import type { Download, NewImage, PullPlacementOrder } from '../../../../../service/processes/ipc/messages.js';
import { DownloadedDisk } from '../../../../../service/processes/placement/downloaded-disk.js';
import { targetFailure } from '../../../../../service/processes/placement/export-target.js';
import { placeExport } from '../../../../../service/processes/placement/place-export.js';
import { Received } from '../../../../../service/processes/placement/received.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { like } from '../../../../support/like.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { sentUnaskedFor } from '../../../../support/texts/transfers.js';
import { url } from '../worker-process.js';
import { logged, order } from './worker-log.js';

const host = imageHost('user', {});

/** Frames of parts, to be read. */
function frames(
  t: TestContext,
  parts: readonly (readonly [name: string, content: string | Buffer])[],
  behind = '',
): FrameReader {
  const path = temporaryDirectory(t).file('frames');
  const writing = openSync(path, 'w');
  const writer = new FrameWriter(writing, 'placement');
  for (const [name, content] of parts) {
    writer.beginPart(name);
    writer.write(Buffer.from(content), 0, content.length);
    writer.endPart();
  }
  writer.end();
  writeSync(writing, behind);
  closeSync(writing);
  const reading = openSync(path, 'r');
  t.after(() => closeSync(reading));
  return new FrameReader(reading, 'fetch');
}

test('placement believes the fetch process nothing that makes no sense', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const says = (action: () => void, message: string) =>
    assert.throws(action, { kind: 'WorkerFailed', facts: { process: 'fetch' }, message });
  for (const text of [
    '',
    'x',
    '{}',
    '{"total":-1,"validator":null,"offset":0}',
    '{"total":1,"validator":2,"offset":0}',
    '{"total":1,"validator":null,"offset":2}',
    '{"total":1e999,"validator":null,"offset":0}',
    '{"total":1,"total":2,"validator":null,"offset":0}',
    `{"total":1,"validator":"${'x'.repeat(5000)}","offset":0}`,
    `${'['.repeat(30_000)}`,
    'x'.repeat(70_000),
  ]) {
    says(() => readAnnouncement(memorySource(Buffer.from(text))), 'The fetch process announced what makes no sense');
  }
  const pull = { image: order, partial: undefined } as unknown as PullPlacementOrder;
  const disk = new DownloadedDisk(pull, root);
  says(
    () => disk.write(memorySource(Buffer.alloc(0)), { total: 9, validator: undefined, offset: 7 }),
    'The fetch process goes on at byte 7, where no earlier pull has stopped; nothing was placed',
  );
});

type Part = readonly [name: string, content: string | Buffer];
const announced = (offset: number): Part => ['announcement', JSON.stringify({ total: 9, validator: '"v"', offset })];
const image: Part = ['image', 'new bytes'];
const small = Buffer.alloc(1024 * 1024 + 1, 'x');
const askedFor = ['.nspawn', '.roothash', '.roothash.p7s', '.verity'];

const unasked: [what: string, parts: Part[], asked: readonly string[], message: RegExp][] = [
  ['a part of no known name', [['.evil', 'x']], askedFor, like`^${sentUnaskedFor('fetch', '.evil')}$`],
  ['a name that steers terminals', [['\x1b[31m', 'x']], askedFor, /sent '\\x1b\[31m', which was not/],
  ['a sidecar that was not asked for', [image, ['.roothash', 'x']], ['.nspawn'], /sent '\.roothash', which was not/],
  ['a sidecar twice', [image, ['.nspawn', 'x'], ['.nspawn', 'y']], askedFor, /sent '\.nspawn', which was not/],
  ['a sidecar before the image', [['.nspawn', 'x'], image], askedFor, /sent '\.nspawn', which was not/],
  ['a second image', [image, image], askedFor, /sent 'image', which was not/],
  [
    'a second image behind a second announcement',
    [announced(0), image, announced(0), image],
    askedFor,
    /sent 'announcement', which/,
  ],
  ['an image after a sidecar', [image, ['.nspawn', 'x'], image], askedFor, /sent 'image', which was not/],
  ['an announcement after the image', [image, announced(0)], askedFor, /sent 'announcement', which was not/],
  ['proofs twice', [image, ['proofs', 'x'], ['proofs', 'y']], askedFor, /sent 'proofs', which was not/],
  ['an image after its proofs', [['proofs', 'x'], image], askedFor, /sent 'image', which was not/],
  [
    'a sidecar after the proofs',
    [image, ['proofs', 'x'], ['.nspawn', 'x']],
    askedFor,
    /sent '\.nspawn', which was not/,
  ],
  ['proofs in place of what was announced', [announced(0), ['proofs', 'x']], askedFor, /sent 'proofs', which was not/],
  [
    'proofs that are too large',
    [image, ['proofs', small]],
    askedFor,
    /^The fetch process sent more than 1048576 bytes of checksum and signature files; nothing was placed$/,
  ],
  ['two announcements', [announced(0), announced(0), image], askedFor, /sent 'announcement', which was not/],
  ['an announcement of nothing', [announced(0)], askedFor, /sent 'announcement', which was not/],
  ...['.nspawn', '.roothash', '.roothash.p7s'].map((suffix): [string, Part[], readonly string[], RegExp] => [
    `a ${suffix} file that is none`,
    [image, [suffix, small]],
    askedFor,
    /^The \.[a-z0-9.]+ file beside the image has more than 1048576 bytes, the limit for one; ask the publisher$/,
  ]),
];
for (const [what, parts, asked, message] of unasked) {
  test(`placement refuses ${what}, and nothing is left of it`, (t) => {
    const { path } = temporaryDirectory(t);
    using root = ImageRoot.open(path);
    {
      const raw: NewImage = { ...order, format: 'raw' };
      using disk = new DownloadedDisk({ image: raw, partial: undefined } as unknown as PullPlacementOrder, root);
      using received = new Received(disk, asked);
      assert.throws(
        () => received.receive(frames(t, parts), frames(t, []), { root, order: raw, host, subject: 'the download' }),
        { message },
      );
    }
    assert.deepEqual(readdirSync(path), []);
  });
}

test('placement refuses what comes after the end, and for an import all but an image', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const raw: NewImage = { ...order, format: 'raw' };
  for (const [parts, behind, what] of [
    [[image], 'more', 'something behind the end'],
    [[announced(0), image], '', 'announcement'],
    [[image, ['.nspawn', 'x']], '', '.nspawn'],
    [[image, ['proofs', 'x']], '', 'proofs'],
  ] as const) {
    using received = new Received();
    const action = () =>
      received.receiveDecoded(frames(t, parts, behind), { root, order: raw, host, subject: 'the download' });
    assert.throws(action, {
      kind: 'WorkerFailed',
      facts: { process: 'decode' },
      message: sentUnaskedFor('decode', what),
    });
  }
});

test('what the fetch process vouches for has to be what it has sent', (t) => {
  const { path } = temporaryDirectory(t);
  using root = ImageRoot.open(path);
  const raw: NewImage = { ...order, format: 'raw' };
  using received = new Received(undefined, askedFor);
  received.receive(frames(t, [image, ['.nspawn', 'x']]), frames(t, []), {
    root,
    order: raw,
    host,
    subject: 'the download',
  });
  const nothing = { etag: undefined, lastModified: undefined, sentBytes: 9, encodedBytes: 0, record: undefined };
  const origin = (suffix: string) => ({ suffix, etag: undefined, lastModified: undefined });
  received.checkOutcome({ ...nothing, cachedPath: undefined, sidecars: [origin('.nspawn')] });
  for (const [cachedPath, suffixes] of [
    [undefined, []],
    [undefined, ['.roothash']],
    [undefined, ['.nspawn', '.nspawn']],
    [undefined, ['.nspawn', '.roothash']],
    ['/x', ['.nspawn']],
  ] as const) {
    assert.throws(() => received.checkOutcome({ ...nothing, cachedPath, sidecars: suffixes.map(origin) }), {
      kind: 'WorkerFailed',
      message: 'The fetch process vouches for other files than it has sent; nothing was placed',
    });
  }
});

test('an image is exported as what it is', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree'));
  writeFileSync(directory.file('disk.raw'), '');
  const exporting = {
    type: 'placeExport',
    name: 'x',
    scope: 'user',
    encoded: false,
    digest: false,
    wholeFile: false,
  } as const;
  for (const [format, name, is, verb] of [
    ['raw', 'tree', 'a directory tree', 'export-tar'],
    ['tar', 'disk.raw', 'a disk image', 'export-raw'],
    ['oci', 'disk.raw', 'a disk image', 'export-raw'],
  ] as const) {
    const path = directory.file(name);
    const message = `Cannot export ${path} with export-${format}: it is ${is}; use ${verb}`;
    assert.throws(() => placeExport({ ...exporting, format, path }, host), { kind: 'UnsupportedFormat', message });
  }
});

test('a reader of an export that has left is told of as that', () => {
  for (const code of ['EPIPE', 'ECONNRESET']) {
    const failure = targetFailure(Object.assign(new Error(code), { code }), 0) as Failure;
    assert.equal(failure.kind, 'FileSystemError');
    assert.equal(failure.message, 'The reader of the exported image closed the pipe or connection before its end');
  }
});

test('a file that is larger than one of its kind may be is not read', async (t) => {
  const path = temporaryDirectory(t).file('SHA256SUMS');
  writeFileSync(path, '');
  truncateSync(path, 1001);
  const fd = openSync(path, 'r');
  t.after(() => closeSync(fd));
  const pull = { url: 'file:///srv/a.raw', files: { SHA256SUMS: fd }, limitRate: undefined } as unknown as Download;
  using origin = originOf(pull, new AbortController().signal);
  await assert.rejects(origin.fetchSmall('file:///srv/SHA256SUMS', 1000), {
    kind: 'DownloadFailed',
    message: 'file:///srv/SHA256SUMS is larger than the 1000 bytes that a file of its kind may have',
  });
});

test('which files there are beside the image is said', async (t) => {
  const directory = temporaryDirectory(t);
  for (const [name, text] of [
    ['a.raw', 'disk'],
    ['a.nspawn', '[Exec]'],
    ['a.verity', ''],
  ] as const)
    writeFileSync(directory.file(name), text);
  const pull = {
    url: `file://${directory.path}/a.raw`,
    format: 'raw',
    verification: 'no',
    keyrings: [],
    cached: [],
    sidecars: ['.nspawn', '.roothash', '.verity'],
    resume: true,
    credentials: [],
    environment: {},
  };
  const script = `const { openSync } = await import('node:fs');
    const { fetchPull } = await import(${url('processes/fetch/fetch-pull.js')});
    const files = {};
    for (const name of ['a.raw', 'a.nspawn', 'a.verity']) files[name] = openSync(${JSON.stringify(directory.path)} + '/' + name);
    await runWorker(process.env, async () => void (await fetchPull({ ...${JSON.stringify(pull)}, files })));`;
  assert.deepEqual((await logged(script)).sort(), [
    '6 Found a.nspawn (6 bytes) beside the image',
    '7 Left out a.verity: it is empty',
    '7 No a.roothash beside the image',
  ]);
});

test('a connection that breaks is no end of an image', () => {
  const reset = Object.assign(new Error('read'), { code: 'ECONNRESET', syscall: 'read' });
  const read = () => {
    throw reset;
  };
  assert.throws(() => readOrExplain('What was sent', 70_000, read), {
    kind: 'Corrupt',
    message: 'The connection broke after 70000 bytes; nothing was placed',
    facts: { what: 'the connection', offset: 70_000 },
  });
});
