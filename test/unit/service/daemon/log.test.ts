import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLevel } from '../../../../service/daemon/log.js';
import { attempt } from '../../../support/command.js';

const levels: [text: string, level: number | null][] = [
  ['emerg', 0],
  ['alert', 1],
  ['crit', 2],
  ['err', 3],
  ['warning', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
  ['0', 0],
  ['7', 7],
  ['8', null],
  ['-1', null],
  ['07', null],
  ['', null],
  ['Info', null],
  ['error', null],
];
for (const [text, level] of levels) {
  test(`the level ${JSON.stringify(text)} is ${level}`, () => assert.equal(parseLevel(text), level));
}

/** What a log writes on standard error. */
function written(environment: Record<string, string>, calls: string, standardError = ''): string {
  const url = new URL('../../../../service/daemon/log.js', import.meta.url).href;
  const script = `const { Log } = await import(${JSON.stringify(url)});
    const log = new Log(${JSON.stringify(environment)}); ${calls}`;
  const program = `exec "$0" --input-type=module --eval "$1" ${standardError}`;
  return attempt('/bin/sh', ['-c', program, process.execPath, script]).stderr;
}

const callAll = "for (const level of [3, 4, 5, 6, 7]) log.write(level, 'at ' + level);";
const cases: [what: string, environment: Record<string, string>, calls: string, expected: string][] = [
  ['lines up to info', {}, callAll, 'at 3\nat 4\nat 5\nat 6\n'],
  ['lines up to the level asked for', { SYSTEMD_LOG_LEVEL: 'err' }, callAll, 'at 3\n'],
  ['everything at debug', { SYSTEMD_LOG_LEVEL: '7' }, "log.write(7, 'x')", 'x\n'],
  [
    'the general level, not that of one target',
    { SYSTEMD_LOG_LEVEL: 'console:debug,warning' },
    callAll,
    'at 3\nat 4\n',
  ],
  [
    'a warning about a level that is none',
    { SYSTEMD_LOG_LEVEL: 'loud' },
    '',
    "SYSTEMD_LOG_LEVEL: 'loud' is no log level; keeping info\n",
  ],
  ['the priority in front where the journal reads it', { JOURNAL_STREAM: '8:1' }, "log.write(3, 'x')", '<3>x\n'],
  ['the priority on request', { SYSTEMD_LOG_TARGET: 'console-prefixed' }, "log.write(6, 'x')", '<6>x\n'],
  [
    'one line a message, whatever is in it',
    { JOURNAL_STREAM: '8:1' },
    "log.write(6, 'a\\n<0>b\\x1b')",
    '<6>a\\n<0>b\\x1b\n',
  ],
  ['what was set meanwhile', {}, "log.level = 3; log.write(4, 'x')", ''],
];
for (const [what, environment, calls, expected] of cases) {
  test(`the log has ${what}`, () => assert.equal(written(environment, calls), expected));
}

test('a bug is logged with its stack, a line each', () => {
  const lines = written({ JOURNAL_STREAM: '8:1' }, "log.bug(new TypeError('oops'), 'transfer 7')").split('\n');
  assert.equal(lines[0], '<3>transfer 7: TypeError: oops');
  assert.match(lines[1] ?? '', /^<3> {4}at /);
});

test('a log that nobody can read is no reason to end', () => {
  const outcome = written({}, "log.write(3, 'x'); process.stdout.write('still here')", '2>/dev/full');
  assert.equal(outcome, '');
});
