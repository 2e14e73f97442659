import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Log, plainOutput, readLogSettings } from '../../../../../common/log/log.js';
import { readEvent } from '../../../../../service/transfers/history/event.js';
import { History, type HistoryQuery } from '../../../../../service/transfers/history/history.js';
import { eventMessageId, isInUnit } from '../../../../../service/transfers/history/journal.js';
import type { JournalPlaces } from '../../../../../service/transfers/history/journal-files.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { silentLog } from '../fake-workers.js';

const uid = process.getuid?.() ?? 0;
const all: HistoryQuery = {
  class: undefined,
  name: undefined,
  since: undefined,
  until: undefined,
  limit: undefined,
  uid: undefined,
  signal: new AbortController().signal,
};

type Options = ConstructorParameters<typeof History>[0];

function history(stateDirectory: string, more: Partial<Options> = {}): History {
  return new History({
    scope: 'system',
    log: silentLog,
    stateDirectory,
    inUnit: false,
    journalctl: undefined,
    ...more,
  });
}

/** A log that keeps its lines. */
function listeningLog(lines: string[]): Log {
  const settings = readLogSettings({ SYSTEMD_LOG_TARGET: 'console' }, { isTerminal: false });
  return new Log(settings, { ...plainOutput('ferryd'), writeConsole: (line) => lines.push(line) });
}

async function namesIn(from: History, query: Partial<HistoryQuery> = {}): Promise<(string | undefined)[]> {
  return (await from.find({ ...all, ...query })).events.map(({ name }) => name);
}

test('what was noted is found by name, class, time, user and number, newest last', async (t) => {
  const kept = history(temporaryDirectory(t).file('state'));
  const begin = Date.now() * 1000;
  kept.note({ operation: 'import', class: 'machine', name: 'a', uid: 0, bytes: 5 });
  kept.note({ operation: 'rename', class: 'machine', name: 'a', newName: 'b', uid: 0 });
  kept.note({ operation: 'remove', class: 'sysext', name: 'c', uid: 4242, error: 'ImageBusy' });
  assert.deepEqual(await namesIn(kept), ['a', 'a', 'c']);
  assert.deepEqual(await namesIn(kept, { name: 'b' }), ['a']);
  assert.deepEqual(await namesIn(kept, { class: 'sysext' }), ['c']);
  assert.deepEqual(await namesIn(kept, { uid: 4242 }), ['c']);
  assert.deepEqual(await namesIn(kept, { limit: 2 }), ['a', 'c']);
  assert.deepEqual(await namesIn(kept, { until: begin - 1 }), []);
  assert.deepEqual(await namesIn(kept, { since: begin, until: begin + 600_000_000 }), ['a', 'a', 'c']);
  const [first, , last] = (await kept.find(all)).events;
  assert.equal(first?.user, 'root');
  assert.equal(first?.bytes, 5);
  assert.equal(last?.error, 'ImageBusy');
});

test('only its owner can read the file, which has no passwords and keeps queries', (t) => {
  const directory = temporaryDirectory(t).file('state');
  history(directory).note({ operation: 'pull', uid: 0, url: 'https://user:secret@h/x?token=1' });
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(`${directory}/history`).mode & 0o777, 0o600);
  assert.equal(readEvent(readFileSync(`${directory}/history`, 'utf8'))?.url, 'https://h/x?token=1');
});

test('lines that are broken are skipped and counted, and keep no later one from being read', async (t) => {
  const directory = temporaryDirectory(t).file('state');
  const kept = history(directory);
  kept.note({ operation: 'remove', name: 'a', uid: 0 });
  kept.note({ operation: 'remove', name: 'b', uid: 0 });
  const path = `${directory}/history`;
  truncateSync(path, statSync(path).size - 10);
  kept.note({ operation: 'remove', name: 'c', uid: 0 });
  writeFileSync(path, '[]\n{"time":-1,"uid":0,"operation":"remove"}\n{"time":1,"uid":0,"operation":"explode"}\n', {
    flag: 'a',
  });
  kept.note({ operation: 'remove', name: 'd', uid: 0 });
  const { events, skipped } = await kept.find(all);
  assert.deepEqual([events.map(({ name }) => name), skipped], [['a', 'c', 'd'], 4]);
});

test('a file that is large is set aside once, and still read', async (t) => {
  const directory = temporaryDirectory(t).file('state');
  const kept = history(directory);
  kept.note({ operation: 'remove', name: 'old', uid: 0 });
  const path = `${directory}/history`;
  writeFileSync(path, '\n'.repeat(4 << 20), { flag: 'a' });
  kept.note({ operation: 'remove', name: 'last', uid: 0 });
  assert.ok(!existsSync(path) && existsSync(`${path}.old`));
  kept.note({ operation: 'remove', name: 'new', uid: 0 });
  assert.deepEqual(await namesIn(kept), ['old', 'last', 'new']);
});

test('where nothing can be written, the log says so once, and what was done stays done', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('state'), '');
  const lines: string[] = [];
  const kept = history(directory.file('state'), { log: listeningLog(lines) });
  for (const name of ['a', 'b']) kept.note({ operation: 'remove', name, uid: 0 });
  assert.equal(lines.length, 1);
  const path = directory.file('state/history');
  const reason = `Error: EEXIST: file already exists, mkdir '${directory.file('state')}'`;
  assert.equal(lines[0], `Cannot write to ${path}: ${reason}; the history lacks what was done\n`);
});

/** A journal that has files of these names. */
function journalWith(
  directory: { file(...names: string[]): string },
  names: Partial<Record<'persistent' | 'volatile', string>>,
): JournalPlaces {
  const places = { machineId: directory.file('machine-id'), persistent: '', volatile: '' };
  writeFileSync(places.machineId, 'abc\n');
  for (const kind of ['persistent', 'volatile'] as const) {
    places[kind] = directory.file(kind);
    mkdirSync(`${places[kind]}/abc`, { recursive: true });
    const name = names[kind];
    if (name !== undefined) writeFileSync(`${places[kind]}/abc/${name}`, '');
  }
  return places;
}

/** Whether an event goes to the journal, and whether to the file. */
function whereItGoes(stateDirectory: string, options: Partial<Options>): string[] {
  const events: string[] = [];
  const log = listeningLog([]);
  log.event = (message) => events.push(message) > 0;
  history(stateDirectory, { inUnit: true, ...options, log }).note({ operation: 'remove', name: 'a', uid: 0 });
  return [...(events.length > 0 ? ['journal'] : []), ...(existsSync(`${stateDirectory}/history`) ? ['file'] : [])];
}

test('events go to a journal only where they can be read there again, after a boot as well', (t) => {
  const own = `user-${uid}.journal`;
  const rows: [scope: 'system' | 'user', names: Parameters<typeof journalWith>[1], goes: string][] = [
    ['system', { persistent: 'system.journal' }, 'journal'],
    ['system', { volatile: 'system.journal' }, 'file'],
    ['system', {}, 'file'],
    ['user', { persistent: own }, 'journal'],
    ['user', { persistent: 'system.journal' }, 'file'],
    ['user', { persistent: `user-${uid + 1}.journal` }, 'file'],
    ['user', { volatile: own }, 'file'],
  ];
  for (const [scope, names, goes] of rows) {
    const directory = temporaryDirectory(t);
    const journalPlaces = journalWith(directory, names);
    const state = directory.file('state');
    assert.deepEqual(whereItGoes(state, { scope, journalPlaces }), [goes], `${scope} ${JSON.stringify(names)}`);
    assert.deepEqual(whereItGoes(state, { scope, journalPlaces, inUnit: false }).at(-1), 'file');
  }
});

test('a user whose journal has nothing of theirs hears of no history that cannot be read', async (t) => {
  const directory = temporaryDirectory(t);
  const journalctl = fakeJournal(directory, [], 1);
  const journalPlaces = journalWith(directory, { persistent: 'system.journal', volatile: 'system.journal' });
  const kept = history(directory.file('state'), { scope: 'user', journalctl, journalPlaces });
  kept.note({ operation: 'remove', name: 'a', uid: 0 });
  const { events, skipped } = await kept.find(all);
  assert.deepEqual([events.map(({ name }) => name), skipped], [['a'], 0]);
});

/** A journalctl that says with what it was called, and answers with these lines. */
function fakeJournal(directory: { file(...names: string[]): string }, lines: readonly string[], status = 0): string {
  const program = directory.file('journalctl');
  writeFileSync(directory.file('answer'), lines.map((line) => `${line}\n`).join(''));
  const calls = directory.file('calls');
  writeFileSync(program, `#!/bin/sh\necho "$*" >${calls}\ncat ${directory.file('answer')}\nexit ${status}\n`);
  chmodSync(program, 0o755);
  return program;
}

test('of the journal only what it says itself is from the unit and user of the service is read', async (t) => {
  const directory = temporaryDirectory(t);
  const event = (name: string) => JSON.stringify({ time: 5_000_000, uid: 0, operation: 'remove', name });
  const entries = [
    JSON.stringify({ FERRY_EVENT: event('a') }),
    JSON.stringify({ FERRY_EVENT: [...Buffer.from(event('b'))] }),
    JSON.stringify({ MESSAGE: 'x' }),
    'no JSON',
  ];
  const journalPlaces = journalWith(directory, { volatile: 'system.journal' });
  const kept = history(directory.file('state'), { journalctl: fakeJournal(directory, entries), journalPlaces });
  const { events, skipped } = await kept.find({ ...all, since: 1_500_000 });
  assert.deepEqual([events.map(({ name }) => name), skipped], [['a', 'b'], 2]);
  const call = readFileSync(directory.file('calls'), 'utf8');
  assert.match(call, /^--output=json .*--lines=10000 --since=@1\.500000 /);
  assert.ok(call.endsWith(` MESSAGE_ID=${eventMessageId} _UID=${uid} _SYSTEMD_UNIT=ferry.service\n`));
});

test('a journal that cannot be read is told of, and hides nothing that the file has', async (t) => {
  const directory = temporaryDirectory(t);
  const lines: string[] = [];
  const journalctl = fakeJournal(directory, [], 1);
  const journalPlaces = journalWith(directory, { persistent: 'system.journal' });
  const kept = history(directory.file('state'), { journalctl, journalPlaces, log: listeningLog(lines) });
  kept.note({ operation: 'remove', name: 'a', uid: 0 });
  const { events, skipped } = await kept.find(all);
  assert.deepEqual([events.map(({ name }) => name), skipped], [['a'], 1]);
  assert.deepEqual(lines, ['Cannot read the history in the journal: Error: journalctl failed\n']);
});

test('only a process of its unit is one whose entries the journal tells from others', () => {
  assert.ok(isInUnit('0::/system.slice/ferry.service\n'));
  assert.ok(isInUnit('0::/user.slice/user-1.slice/user@1.service/app.slice/ferry.service\n'));
  assert.ok(!isInUnit('0::/user.slice/user-0.slice/session-1.scope\n'));
  assert.ok(!isInUnit('0::/system.slice/other-ferry.service\n'));
  assert.ok(!isInUnit(''));
});

test('a directory that is there is used', (t) => {
  const directory = temporaryDirectory(t).file('state');
  mkdirSync(directory);
  history(directory).note({ operation: 'remove', name: 'a', uid: 0 });
  assert.ok(existsSync(`${directory}/history`));
});
