import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openLog } from '../../../../client/terminal/log.js';
import { attempt } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { fakeJournal } from '../../../support/service/journal.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { cannotParseLogLevel, cannotParseLogSetting, cannotParseLogTarget } from '../../../support/texts/common.js';
import { fakeProcessContext } from '../support/process-context.js';

/** What is written of one message of each priority from error to debugging. */
async function written(
  env: Record<string, string>,
  options: { quiet?: boolean; columns?: number } = {},
): Promise<string> {
  const context = fakeProcessContext({
    variables: env,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  const log = openLog(context);
  if (options.quiet === true) log.beQuiet();
  log.error('error');
  log.warning('warning');
  log.notice('notice');
  log.info('info');
  log.debug('debug');
  return context.written.stderr;
}

const all = 'error\nwarning\nnotice\ninfo\ndebug\n';
const usual = 'error\nwarning\nnotice\ninfo\n';

const cases: [name: string, env: Record<string, string>, text: string][] = [
  ['by default nothing below information', {}, usual],
  ['a level by name', { SYSTEMD_LOG_LEVEL: 'debug' }, all],
  ['a level by number', { SYSTEMD_LOG_LEVEL: '4' }, 'error\nwarning\n'],
  ['a level for the console only', { SYSTEMD_LOG_LEVEL: 'debug,console:info' }, usual],
  ['the global level comes first', { SYSTEMD_LOG_LEVEL: 'err,console:debug' }, 'error\n'],
  ['a level for another target', { SYSTEMD_LOG_LEVEL: 'journal:crit,kmsg:0,syslog:1' }, usual],
  ['a bad level keeps the default', { SYSTEMD_LOG_LEVEL: 'foo' }, `${cannotParseLogLevel('foo')}\n${usual}`],
  ['an empty level is the default, without a word', { SYSTEMD_LOG_LEVEL: '' }, usual],
  ['a bad one among good ones', { SYSTEMD_LOG_LEVEL: 'foo:3,err' }, 'error\n'],
  ['no output', { SYSTEMD_LOG_TARGET: 'null' }, ''],
  ['the console', { SYSTEMD_LOG_TARGET: 'console' }, usual],
  ['with prefixes', { SYSTEMD_LOG_TARGET: 'console-prefixed' }, '<27>error\n<28>warning\n<29>notice\n<30>info\n'],
  [
    'a bad target',
    { SYSTEMD_LOG_TARGET: 'foo', SYSTEMD_LOG_LEVEL: 'warning' },
    `${cannotParseLogTarget('foo')}\nerror\nwarning\n`,
  ],
  [
    'with the time',
    { SYSTEMD_LOG_TIME: '1', SYSTEMD_LOG_LEVEL: 'err', TZ: 'UTC' },
    'Mon 2026-11-23 01:02:03 UTC error\n',
  ],
  [
    'a bad boolean',
    { SYSTEMD_LOG_TIME: 'x', SYSTEMD_LOG_LEVEL: '4' },
    `${cannotParseLogSetting('time', 'x')}\nerror\nwarning\n`,
  ],
  ['with the thread', { SYSTEMD_LOG_TID: 'yes', SYSTEMD_LOG_LEVEL: 'err' }, `(${process.pid}) error\n`],
  [
    'a bad rate limit',
    { SYSTEMD_LOG_RATELIMIT_KMSG: 'x', SYSTEMD_LOG_LEVEL: '4' },
    `${cannotParseLogSetting('ratelimit kmsg boolean', 'x')}\nerror\nwarning\n`,
  ],
];

for (const [name, env, text] of cases) test(`log: ${name}`, async () => assert.equal(await written(env), text));

test('quiet leaves notices, warnings and errors', async () =>
  assert.equal(await written({}, { quiet: true }), 'error\nwarning\nnotice\n'));

test('priorities have colours on a terminal', async () => {
  const expected =
    '\x1b[0;1;31merror\x1b[0m\n\x1b[0;1;38:5:185mwarning\x1b[0m\n\x1b[0;1;39mnotice\x1b[0m\ninfo\n\x1b[0;38:5:245mdebug\x1b[0m\n';
  assert.equal(await written({ TERM: 'xterm', SYSTEMD_LOG_LEVEL: 'debug' }, { columns: 80 }), expected);
  assert.equal(await written({ TERM: 'xterm', SYSTEMD_LOG_COLOR: '0' }, { columns: 80 }), usual);
  assert.equal(await written({ TERM: 'xterm', NO_COLOR: '1' }, { columns: 80 }), usual);
});

test('the location is that of the caller', async () => {
  const context = fakeProcessContext({ variables: { SYSTEMD_LOG_LOCATION: '1' } });
  openLog(context).error('here');
  assert.match(context.written.stderr, /client\/terminal\/log\.test\.(?:js|ts):\d+: here\n$/);
});

test('what could steer a terminal is escaped', async () => {
  const context = fakeProcessContext();
  openLog(context).error('a\x1b[2Jb\nc\u202e\x9b\t');
  assert.equal(context.written.stderr, 'a\\x1b[2Jb\\nc\\u202e\\x9b\\t\n');
});

test('without a journal its messages go to the console', async (t) => {
  await using directory = temporaryDirectory(t);
  const context = fakeProcessContext({
    variables: { SYSTEMD_LOG_TARGET: 'journal' },
    runtimeDirectory: directory.path,
  });
  const log = openLog(context);
  log.error('one');
  log.error('two');
  assert.equal(context.written.stderr, 'one\ntwo\n');
});

test('the journal gets datagrams from the client, under the name it was called by', async (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('systemd', 'journal'), { recursive: true });
  const end = await fakeJournal(t, directory.file('systemd', 'journal', 'socket'), directory.file('received'));
  const env = { SYSTEMD_LOG_TARGET: 'journal-or-kmsg', SYSTEMD_LOG_LEVEL: 'debug,journal:notice' };
  const context = fakeProcessContext({ variables: env, runtimeDirectory: directory.path, programName: 'importctl' });
  const log = openLog(context);
  log.error('one');
  log.info('left out');
  log.notice('two');
  await end();
  const received = readFileSync(directory.file('received'), 'utf8').split('\0');
  assert.equal(received.length, 3);
  assert.match(received[0] ?? '', /^PRIORITY=3\nSYSLOG_IDENTIFIER=importctl\n(.*\n)*MESSAGE=one\n$/);
  assert.match(received[1] ?? '', /^PRIORITY=5\n(.*\n)*MESSAGE=two\n$/);
  assert.equal(context.written.stderr, '');
});

test('the client writes to the journal where standard error leads there, as systemd’s programs do', () => {
  const script = `const { fstatSync } = await import('node:fs');
    const { dev, ino } = fstatSync(2, { bigint: true });
    const { openLog } = await import(${JSON.stringify(new URL('../../../../client/terminal/log.js', import.meta.url))});
    const stderr = { descriptor: 2, isTerminal: false, write: (line) => process.stderr.write(line) };
    const variables = { JOURNAL_STREAM: dev + ':' + ino, SYSTEMD_LOG_TIME: '1' };
    openLog({ variables, stderr, programName: 'ferryctl', runtimeDirectory: '/nonexistent', now: Date.now }).warning('x');`;
  assert.equal(attempt(process.execPath, ['--input-type=module', '--eval', script]).stderr, '<4>x\n');
});
