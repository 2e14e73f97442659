import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { cleanAll, cleanRoot, noteRoot } from '../../../../../service/transfers/kinds/leftovers.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { processOfTransfer, sentInvalidMessage } from '../../../../support/texts/transfers.js';
import { fakeHost } from '../fake-workers.js';

/** Removes what has a temporary name, as the real one does, and writes down where. */
const cleanup = `const { root } = hear();
  const { readdirSync, rmSync, appendFileSync } = await import('node:fs');
  appendFileSync(process.env.TMPDIR + '/cleaned', root + '\\n');
  for (const name of readdirSync(root)) if (name.startsWith('.#ferry-')) rmSync(root + '/' + name);`;

const leftover = '.#ferry-raw-0123456789abcdef';

/** A host whose classes' directories are empty ones of the test's own. */
function prepare(t: TestContext, script = cleanup) {
  const directory = temporaryDirectory(t);
  const host = { ...fakeHost(directory.file('run'), { cleanup: script }), scope: 'user' as const };
  host.environment['TMPDIR'] = directory.path;
  host.environment['XDG_STATE_HOME'] = directory.file('state');
  const makeRoot = (name: string, content: readonly string[]) => {
    mkdirSync(directory.file(name), { recursive: true });
    for (const entry of content) writeFileSync(directory.file(name, entry), '');
    return directory.file(name);
  };
  const cleaned = () => {
    const path = directory.file('cleaned');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).sort() : [];
  };
  const notes = () => readdirSync(directory.file('run', 'roots'));
  /** As if the notes had been made long before. */
  const age = () => {
    for (const note of notes()) utimesSync(directory.file('run', 'roots', note), 1, 1);
  };
  return { host, makeRoot, cleaned, notes, age };
}

test('a directory without temporary names costs no process', async (t) => {
  const { host, makeRoot, cleaned } = prepare(t);
  for (const names of [[], ['image.raw', '.raw-http.raw', '.#other', '.#ferry-x', 'ferry-raw-0123456789abcdef']])
    await cleanRoot(host, makeRoot('root', names));
  await cleanRoot(host, '/nonexistent');
  assert.deepEqual(cleaned(), []);
});

test('what a killed service left is removed in the directories of all classes, and in those it has noted', async (t) => {
  const { host, makeRoot, cleaned, notes, age } = prepare(t);
  const roots = ['state/machines', 'state/portables', 'custom'].map((name) => makeRoot(name, [leftover]));
  noteRoot(host, makeRoot('custom', []));
  age();
  await cleanAll(host);
  assert.deepEqual(cleaned(), roots.sort());
  assert.deepEqual(notes(), []);
});

test('directories are noted once each, however often they are used and however they are called', (t) => {
  const { host, notes } = prepare(t);
  for (const root of ['/a', '/a', '/b', `/${'x'.repeat(300)}`, '/with\nnewline']) noteRoot(host, root);
  assert.equal(notes().length, 4);
});

test('a note stays as long as something is left to remove', async (t) => {
  const { host, makeRoot, notes, age } = prepare(t, '');
  noteRoot(host, makeRoot('custom', [leftover]));
  age();
  await cleanAll(host);
  assert.equal(notes().length, 1);
});

test('a fresh note stays: its transfer may not have made anything yet', async (t) => {
  const { host, makeRoot, notes, age } = prepare(t);
  noteRoot(host, makeRoot('custom', []));
  await cleanAll(host);
  assert.equal(notes().length, 1);
  age();
  // Used again, it is fresh again.
  noteRoot(host, makeRoot('custom', []));
  await cleanAll(host);
  assert.equal(notes().length, 1);
  age();
  await cleanAll(host);
  assert.equal(notes().length, 0);
});

test('a note that cannot be read does not keep the others from being followed', async (t) => {
  const { host, makeRoot, cleaned } = prepare(t);
  noteRoot(host, makeRoot('custom', [leftover]));
  mkdirSync(`${host.runtimeDirectory}/roots/directory`);
  await cleanAll(host);
  assert.equal(cleaned().length, 1);
});

for (const script of [
  'process.exit(1);',
  `tell('nonsense\\n'); await pause(1e9);`,
  `process.kill(process.pid, 'SIGKILL');`,
]) {
  test(`a cleanup process that does ${script} is no reason for the service to end`, async (t) => {
    const { host, makeRoot } = prepare(t, script);
    await cleanRoot(host, makeRoot('root', [leftover]));
  });
}

test('a cleanup that fails is told, and hinders nobody', async (t) => {
  const failure = {
    type: 'failure',
    kind: 'FileSystemError',
    message: '/x: the disk has a fault',
    facts: { path: '/x', errorName: 'EIO' },
  };
  const { host, makeRoot } = prepare(t, `hear(); tell(${JSON.stringify(failure)}); process.exit(1);`);
  const lines: [number, string][] = [];
  host.log.write = (priority, message) => lines.push([priority, message]);
  const root = makeRoot('root', [leftover]);
  await cleanRoot(host, root);
  assert.deepEqual(lines, [
    [4, failure.message],
    [4, `Could not remove everything that ended transfers left in ${root}`],
  ]);
});

test('a cleanup process that says what it cannot know is told', async (t) => {
  const { host, makeRoot } = prepare(t, `hear(); tell({ type: 'received', bytes: 1 }); await pause(1e9);`);
  const lines: string[] = [];
  host.log.write = (_, message) => lines.push(message);
  const root = makeRoot('root', [leftover]);
  await cleanRoot(host, root);
  assert.deepEqual(lines, [
    `${processOfTransfer('cleanup')} ${sentInvalidMessage("'received', which it cannot know")}; the next start of the service removes what is left`,
    `Could not remove everything that ended transfers left in ${root}`,
  ]);
});
