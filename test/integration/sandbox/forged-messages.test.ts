/** The built service, with a fetch process that a stranger has taken over and that says what it likes. */

import assert from 'node:assert/strict';
import { cpSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ImageClient } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { like, re } from '../../support/like.js';
import { projectFile } from '../../support/project.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { needsService, setStage, someBytes } from '../../support/service/stage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { hasMoreThanBytes, sentInvalidMessage } from '../../support/texts/transfers.js';

/** What the process runs: the script is in the URL of the order, so that each transfer has one of its own. */
const prelude = `
const { readSync, writeSync } = require('node:fs');
const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e8);
const tell = (message) => {
  const bytes = Buffer.isBuffer(message) ? message : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message) + '\\n');
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
};
const outcome = { cachedPath: null, etag: null, lastModified: null, sentBytes: 0, encodedBytes: 0, record: null, sidecars: [] };
const length = (count) => Buffer.from(Uint32Array.of(count).buffer);
const part = (name, bytes) => {
  for (const each of [length(name.length), Buffer.from(name), length(bytes.length), bytes, length(0)]) writeSync(4, each);
};
let heard = '';
for (const chunk = Buffer.alloc(65536); !heard.includes('\\n'); ) {
  const count = readSync(3, chunk);
  if (count === 0) process.exit(0);
  heard += chunk.toString('utf8', 0, count);
}
const order = JSON.parse(heard);
const found = (change) => {
  const image = { location: 0, manifestDigest: 'sha256:' + '0'.repeat(64), indexDigest: null, config: '{}', layers: [], token: null };
  tell({ type: 'resolved', image: { ...image, ...change } });
};
const script = order.download === undefined ? order.sought.tag : order.download.url.split('/').at(-1);
eval(Buffer.from(script, 'base64url').toString());
pause();
`;

/** A copy of what was built whose fetch process is forged. */
function forgeProgram(t: TestContext): string {
  const { path } = temporaryDirectory(t);
  cpSync(projectFile('dist'), path, { recursive: true });
  writeFileSync(join(path, 'worker', 'fetch.js'), prelude);
  return join(path, 'ferryd.js');
}

async function stageForgery(t: TestContext) {
  const environment = { FERRY_SPARE_PROCESSES: '0', SYSTEMD_LOG_LEVEL: 'debug' };
  const stage = await setStage(t, { program: forgeProgram(t), environment });
  const attack = (script: string, changes = {}) =>
    stage.pull(`http://127.0.0.1:9/${Buffer.from(script).toString('base64url')}`, 'forged', changes);
  /** That nothing has become of anybody else. */
  const assertWell = async () => {
    assert.deepEqual(await stage.transfers.list(), { transfers: [] });
    const path = join(stage.host.home, 'honest');
    const bytes = someBytes(100_000);
    writeFileSync(path, bytes);
    const descriptor = openSync(path, 'r');
    const parameters = { format: 'raw' as const, class: 'machine' as const, name: 'honest', fileDescriptor: 0 };
    const given = { ...parameters, force: true, imageRoot: stage.host.imageRoot };
    await stage.transfers.import(given, { descriptors: [descriptor] });
    assert.ok(readFileSync(join(stage.host.imageRoot, 'honest.raw')).equals(bytes));
    assert.deepEqual(stage.host.images(), ['honest.raw']);
  };
  return { ...stage, attack, assertWell };
}

const line = (text: string) => `tell(${JSON.stringify(`${text}\n`)});`;
const failure = (kind: string, facts: string, message = '"x"') =>
  line(`{"type":"failure","kind":"${kind}","message":${message},"facts":${facts}}`);
const corrupt = (offset: string) => failure('Corrupt', `{"what":"x","offset":${offset}}`);

const attacks: [what: string, script: string][] = [
  ['infinitely many bytes', line('{"type":"progress","bytesDone":1e999,"bytesTotal":null}')],
  ['a negative count of bytes', line('{"type":"progress","bytesDone":-1,"bytesTotal":null}')],
  ['NaN bytes', line('{"type":"progress","bytesDone":NaN,"bytesTotal":null}')],
  ['"NaN" bytes', line('{"type":"progress","bytesDone":"NaN","bytesTotal":null}')],
  ['bytes without a total', line('{"type":"progress","bytesDone":1}').replace('1}', '1,\\"bytesTotal\\":[]}')],
  ['that the transfer has finished', line('{"type":"phase","phase":"finished"}')],
  ['that the transfer was cancelled', failure('Cancelled', '{}')],
  ['a phase that is an object', line('{"type":"phase","phase":{}}')],
  ['an infinite failure', corrupt('1e999')],
  ['a failure with NUL', failure('Corrupt', '{"what":"x","offset":null}', '"a\\u0000b"')],
  ['a failure with half a surrogate pair', failure('Corrupt', '{"what":"\\ud83d","offset":null}')],
  [
    '260 log lines of 15 MiB',
    `for (let n = 0; n < 260; n++) tell({ type: 'log', priority: 4, message: 'x'.repeat(15 << 20) });`,
  ],
  ['a line without end', `for (;;) tell('x'.repeat(1 << 20));`],
  [
    'a million messages',
    `const many = (JSON.stringify({ type: 'phase', phase: 'verifying' }) + '\\n').repeat(1000); for (let n = 0; n < 1000; n++) tell(many);`,
  ],
  [
    'a million log lines',
    `const many = (JSON.stringify({ type: 'log', priority: 4, message: 'spam' }) + '\\n').repeat(1000); for (let n = 0; n < 1000; n++) tell(many);`,
  ],
  ['arrays in arrays', `tell('{"type":"phase","phase":' + '['.repeat(100000) + '\\n');`],
  ['a prototype', line('{"type":"phase","phase":"verifying","__proto__":{"x":1}}')],
  ['a field twice', line('{"type":"phase","phase":"verifying","phase":"downloading"}')],
  [
    'what only placement can know',
    line('{"type":"placed","outcome":{"path":"/x","pristinePath":null,"lossCount":0,"losses":[]}}'),
  ],
  ['its last word twice', `const last = JSON.stringify({ type: 'fetched', outcome }) + '\\n'; tell(last + last);`],
  [
    'a message after the last one',
    `tell(JSON.stringify({ type: 'fetched', outcome }) + '\\n' + JSON.stringify({ type: 'phase', phase: 'verifying' }) + '\\n');`,
  ],
  [
    'a copy that it was not offered',
    `const end = Buffer.alloc(4); writeSync(4, end); tell({ type: 'fetched', outcome: { ...outcome, cachedPath: '/etc/shadow' } });`,
  ],
  ['nothing at all that is text', `tell(Buffer.from('fffefdfc0a', 'hex'));`],
];

test('a fetch process that says what it likes ends its own transfer, and harms nobody', async (t) => {
  if (!needsService(t)) return;
  const { host, connect, attack, assertWell } = await stageForgery(t);
  const watcher = await connect();
  for (const [what, script] of attacks) {
    const running = await Running.begin(watcher, attack(script));
    await running.done;
    assert.equal(running.error?.name, 'io.ferry.Transfer.WorkerFailed', `${what}: ${running.error?.message}`);
    assert.match(
      String(running.error?.message),
      like`fetch process of the transfer (${sentInvalidMessage(re(/.*/))}|names)`,
      what,
    );
    assert.ok(running.lines.length < 1000, `${what}: ${running.lines.length} lines`);
    const phases = ['queued', 'starting', 'downloading', 'verifying', 'cleaning', 'failed'];
    for (const phase of running.phases) assert.ok(phases.includes(phase), `${what}: ${phase}`);
    await assertWell();
  }
  const [, peak = ''] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${host.service.pid}/status`, 'utf8')) ?? [];
  assert.ok(Number(peak) < 500_000, `the service had ${peak} kB at its peak`);
});

const layer = (change: string) => `found({layers:[{digest:${change},bytes:1,compression:'gzip'}]})`;
const images: [what: string, script: string][] = [
  ['a place that it was not told', 'found({location:7})'],
  ['a place before the first', 'found({location:-1})'],
  ['a digest that is a path', layer("'../../x'")],
  ['a digest that is a list', layer('[]')],
  ['the digest of a manifest that is none', "found({manifestDigest:'x'})"],
  ['a configuration without end', "found({config:' '.repeat(2**21)})"],
  ['a token with a line break', "found({token:'a\\nb'})"],
  ['layers without end', "found({layers:Array(1e4).fill({digest:'x'})})"],
];

test('a fetch process that has found what cannot be found of a container image ends that transfer', async (t) => {
  if (!needsService(t)) return;
  const { transfers, host, assertWell } = await stageForgery(t);
  const { imageRoot } = host;
  for (const [what, script] of images) {
    const tag = Buffer.from(script).toString('base64url');
    const wish = { reference: `127.0.0.1:9/x:${tag}`, name: 'forged', class: 'machine', imageRoot } as const;
    for (const call of [transfers.pullOci(wish), transfers.planOci(wish)]) {
      const error = await errorOf(call);
      assert.equal(error.name, 'io.ferry.Transfer.WorkerFailed', what);
      const place = 'The fetch process found the image at place 7 of 2; nothing was placed';
      if (error.message !== place)
        assert.match(error.message, like`fetch process.* ${sentInvalidMessage(re(/.*/))}`, what);
    }
    await assertWell();
  }
});

test('a fetch process that says what is possible and false is listed so, and can be cancelled', async (t) => {
  if (!needsService(t)) return;
  const { transfers, connect, attack, assertWell } = await stageForgery(t);
  const script = `tell({ type: 'phase', phase: 'downloading' }); tell({ type: 'progress', bytesDone: Number.MAX_SAFE_INTEGER, bytesTotal: 1 });`;
  const running = await Running.begin(await connect(), attack(script));
  await running.until(() => running.bytesDone > 0);
  const { transfers: listed } = await transfers.list();
  assert.deepEqual(
    listed.map(({ progress }) => [progress.phase, progress.bytesDone, progress.bytesTotal]),
    [['downloading', Number.MAX_SAFE_INTEGER, 1]],
  );
  const client = await connect();
  const old = client.callMore<{ percent?: number }>('io.systemd.Import.ListTransfers', {});
  for await (const { percent } of old) assert.equal(percent, 1);
  await transfers.cancel({ id: running.id });
  await running.done;
  await assertWell();
});

test('a fetch process cannot write lines of its own into the log of the service', async (t) => {
  if (!needsService(t)) return;
  const { host, transfers, attack, assertWell } = await stageForgery(t);
  const forged = 'transfer 999: ended well: /var/lib/machines/forged';
  const text = JSON.stringify(`TypeError\n${forged}\r\n<0>${forged}\n${'at x\n'.repeat(2000)}\u001b[2J`);
  for (const script of [
    `tell({ type: 'bug', stack: ${text} });`,
    `tell({ type: 'log', priority: 4, message: ${text}.slice(0, 4000) }); ${line('{}')}`,
    `writeSync(2, ${text}); writeSync(2, '\\n' + ${text}); process.exit(3);`,
    `try { writeSync(1, ${text}); } catch {} process.exit(3);`,
    `require('node:fs').writeSync(4, ${text}.slice(0, 10)); tell({ type: 'failure', kind: 'Corrupt', message: ${text}.slice(0, 4000), facts: { what: 'x' } });`,
  ]) {
    const error = await errorOf(transfers.pull(attack(script)));
    assert.match(error.name, /WorkerFailed|Corrupt/);
    await errorOf(transfers.plan(attack(script)));
    await assertWell();
  }
  const lines = host.log().split('\n');
  assert.deepEqual(
    lines.filter((each) => each.startsWith('transfer 999') || /^<\d/.test(each) || each.includes('\u001b')),
    [],
  );
  assert.ok(
    lines.some((each) => /^transfer \d+: transfer 999: ended well/.test(each)),
    'it is shown as what it is',
  );
  assert.ok(lines.length < 2000, `${lines.length} lines`);
});

test('a call about images is answered while a fetch process floods the service', async (t) => {
  if (!needsService(t)) return;
  const { host, connect, attack, assertWell } = await stageForgery(t);
  const flood = `for (;;) { tell({ type: 'progress', bytesDone: 1, bytesTotal: null }); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 11); }`;
  const running = await Running.begin(await connect(), attack(flood));
  await running.until(() => running.bytesDone > 0);
  const images = new ImageClient(await connect());
  for (let count = 0; count < 20; count++)
    assert.deepEqual(await images.list({ imageRoot: host.imageRoot }), { images: [] });
  running.hangUp();
  const client = await connect();
  await client.call('io.ferry.Transfer.Cancel', { id: running.id });
  await assertWell();
});

const image = `part('image', Buffer.alloc(10240));`;
const tree = `const header = Buffer.alloc(512);
  for (const [at, text] of [[0, 'a/'], [100, '0000755'], [108, '0000000'], [116, '0000000'], [124, '00000000000'],
    [136, '00000000000'], [148, '        '], [156, '5'], [257, 'ustar'], [263, '00']]) header.write(text, at);
  header.write(header.reduce((sum, byte) => sum + byte).toString(8).padStart(6, '0') + '\\0 ', 148);
  part('image', Buffer.concat([header, Buffer.alloc(1024)]));`;
const sends: [what: string, script: string, changes: object, says: RegExp][] = [
  [
    'a root hash beside a tree',
    `${tree} part('.roothash', Buffer.from('x'));`,
    { format: 'tar' },
    /sent '\.roothash', which was not/,
  ],
  [
    'settings beside an extension',
    `${image} part('.nspawn', Buffer.from('x'));`,
    { class: 'sysext' },
    /sent '\.nspawn', which was not/,
  ],
  [
    'the same settings 2,000 times',
    `${image} for (let n = 0; n < 2000; n++) part('.nspawn', Buffer.from('x'));`,
    {},
    /sent '\.nspawn', which was not/,
  ],
  ['a second image', `${image} ${image}`, {}, /sent 'image', which was not/],
  ['something of no known name', `${image} part('../x', Buffer.from('x'));`, {}, /sent '\.\.\/x', which was not/],
  [
    'settings without end',
    `${image} part('.nspawn', Buffer.alloc(2 << 20, 'x'));`,
    {},
    like`${hasMoreThanBytes(1048576)}`,
  ],
  [
    'settings that it does not vouch for',
    `${image} part('.nspawn', Buffer.from('x')); writeSync(4, length(0)); tell({ type: 'fetched', outcome: { ...outcome, sentBytes: 10241 } });`,
    {},
    /vouches for other files than it has sent/,
  ],
];
for (const [what, script, changes, says] of sends) {
  test(`a fetch process that sends ${what} has nothing placed`, async (t) => {
    if (!needsService(t)) return;
    const { transfers, attack, assertWell } = await stageForgery(t);
    const error = await errorOf(transfers.pull(attack(`try { ${script} } catch {}`, changes)));
    assert.match(error.message, says);
    await assertWell();
  });
}
