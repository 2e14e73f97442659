import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Log } from '../../../../client/terminal/log.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { fakeProcessContext } from '../support/process-context.js';

process.env['TZ'] = 'UTC';

/** What is written of one message of each priority from error to debugging. */
async function written(
  env: Record<string, string>,
  options: { quiet?: boolean; columns?: number } = {},
): Promise<string> {
  const context = fakeProcessContext({
    env,
    ...(options.columns === undefined ? {} : { columns: options.columns }),
  });
  const log = await Log.open(context);
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
  [
    'a bad level keeps the default',
    { SYSTEMD_LOG_LEVEL: 'foo' },
    `Failed to parse log level 'foo', ignoring.\n${usual}`,
  ],
  ['a bad one among good ones', { SYSTEMD_LOG_LEVEL: 'foo:3,err' }, 'error\n'],
  ['no output', { SYSTEMD_LOG_TARGET: 'null' }, ''],
  ['the console', { SYSTEMD_LOG_TARGET: 'console' }, usual],
  ['with prefixes', { SYSTEMD_LOG_TARGET: 'console-prefixed' }, '<27>error\n<28>warning\n<29>notice\n<30>info\n'],
  [
    'a bad target',
    { SYSTEMD_LOG_TARGET: 'foo', SYSTEMD_LOG_LEVEL: 'warning' },
    "Failed to parse log target 'foo', ignoring.\nerror\nwarning\n",
  ],
  ['with the time', { SYSTEMD_LOG_TIME: '1', SYSTEMD_LOG_LEVEL: 'err' }, 'Mon 2026-11-23 01:02:03 UTC error\n'],
  [
    'a bad boolean',
    { SYSTEMD_LOG_TIME: 'x', SYSTEMD_LOG_LEVEL: '4' },
    "Failed to parse log time 'x', ignoring.\nerror\nwarning\n",
  ],
  ['with the thread', { SYSTEMD_LOG_TID: 'yes', SYSTEMD_LOG_LEVEL: 'err' }, `(${process.pid}) error\n`],
  [
    'a bad rate limit',
    { SYSTEMD_LOG_RATELIMIT_KMSG: 'x', SYSTEMD_LOG_LEVEL: '4' },
    "Failed to parse log ratelimit kmsg boolean 'x', ignoring.\nerror\nwarning\n",
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
  const context = fakeProcessContext({ env: { SYSTEMD_LOG_LOCATION: '1' } });
  (await Log.open(context)).error('here');
  assert.match(context.written.stderr, /client\/terminal\/log\.test\.(?:js|ts):\d+: here\n$/);
});

test('what could steer a terminal is escaped', async () => {
  const context = fakeProcessContext();
  (await Log.open(context)).error('a\x1b[2Jb\nc\u202e\x9b\t');
  assert.equal(context.written.stderr, 'a\\x1b[2Jb\\nc\\u202e\\x9b\\t\n');
});

test('without a journal its messages go to the console', async (t) => {
  await using directory = temporaryDirectory(t);
  const context = fakeProcessContext({ env: { SYSTEMD_LOG_TARGET: 'journal' }, runtimeDirectory: directory.path });
  const log = await Log.open(context);
  log.error('one');
  log.error('two');
  await log.flush();
  assert.equal(context.written.stderr, 'one\ntwo\n');
});

test('the journal gets lines with their priority, after a header that says who writes', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('systemd', 'journal'), { recursive: true });
  const journal = createServer().listen(directory.file('systemd', 'journal', 'stdout'));
  t.after(() => journal.close());
  const received = once(journal, 'connection').then(([socket]) => text(socket));
  const env = { SYSTEMD_LOG_TARGET: 'journal-or-kmsg', SYSTEMD_LOG_LEVEL: 'debug,journal:notice' };
  const context = fakeProcessContext({ env, runtimeDirectory: directory.path });
  const log = await Log.open(context);
  log.error('one');
  log.info('left out');
  log.notice('two');
  await log.flush();
  assert.equal(await received, 'ferryctl\n\n6\n1\n0\n0\n0\n<3>one\n<5>two\n');
  assert.equal(context.written.stderr, '');
});
