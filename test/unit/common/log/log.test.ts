import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parseLevel } from '../../../../common/log/log.js';
import { attempt } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { fakeJournal } from '../../../support/service/journal.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { cannotParseLogLevel, cannotParseLogSetting, cannotParseLogTarget } from '../../../support/texts/common.js';

const levels: [text: string, level: number | undefined][] = [
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
  ['8', undefined],
  ['-1', undefined],
  ['07', undefined],
  ['', undefined],
  ['Info', undefined],
  ['error', undefined],
];
for (const [text, level] of levels) {
  test(`the level ${JSON.stringify(text)} is ${level}`, () => assert.equal(parseLevel(text), level));
}

/** Where messages went: standard error, and what was sent to a journal or written to a kernel log that stand in for the real ones. */
interface Written {
  console: string;
  journal: string[];
  kernel: string;
}

const module = new URL('../../../../common/log/log.js', import.meta.url).href;

/** What a log writes where; null, and the test is skipped, without python3, which stands in for the journal. `{STREAM}` in a variable stands for what standard error is. */
async function written(
  t: TestContext,
  environment: Record<string, string>,
  calls: string,
  redirection = '',
): Promise<Written | null> {
  if (!('NO_JOURNAL' in environment) && !needs(t, { programs: ['python3'] })) return null;
  const directory = temporaryDirectory(t);
  const [journal, kernelLog] = [directory.file('journal'), directory.file('kmsg')];
  const end = 'NO_JOURNAL' in environment ? undefined : await fakeJournal(t, journal, directory.file('received'));
  if (!('NO_KERNEL' in environment)) writeFileSync(kernelLog, '');
  else mkdirSync(kernelLog);
  const script = `const { fstatSync } = await import('node:fs');
    const { dev, ino } = fstatSync(2, { bigint: true });
    const environment = JSON.parse(${JSON.stringify(JSON.stringify(environment))}.replace('{STREAM}', dev + ':' + ino));
    const { Log, plainOutput, readLogSettings } = await import(${JSON.stringify(module)});
    const output = { ...plainOutput('ferryd'), places: ${JSON.stringify({ journal, kernelLog })} };
    const log = new Log(readLogSettings(environment, { isTerminal: false }), output); ${calls}`;
  const program = `exec "$0" --input-type=module --eval "$1" ${redirection}`;
  const { stderr } = attempt('/bin/sh', ['-c', program, process.execPath, script]);
  await end?.();
  const received = existsSync(directory.file('received')) ? readFileSync(directory.file('received'), 'utf8') : '';
  const kernel = 'NO_KERNEL' in environment ? '' : readFileSync(kernelLog, 'utf8');
  return { console: stderr, journal: received.split('\0').filter(Boolean), kernel };
}

const callAll = "for (const level of [3, 4, 5, 6, 7]) log.write(level, 'at ' + level);";
const toJournal = { JOURNAL_STREAM: '{STREAM}' };
/** Its lines are read, its own socket is out of reach. */
const toStream = { ...toJournal, NO_JOURNAL: '' };

const cases: [what: string, environment: Record<string, string>, calls: string, expected: RegExp | string][] = [
  ['lines up to info', {}, callAll, 'at 3\nat 4\nat 5\nat 6\n'],
  ['lines up to the level asked for', { SYSTEMD_LOG_LEVEL: 'err' }, callAll, 'at 3\n'],
  ['everything at debug', { SYSTEMD_LOG_LEVEL: '7' }, "log.debug('x')", 'x\n'],
  ['the last of several levels', { SYSTEMD_LOG_LEVEL: 'debug,err' }, callAll, 'at 3\n'],
  ['the level of the console', { SYSTEMD_LOG_LEVEL: 'debug,console:warning' }, callAll, 'at 3\nat 4\n'],
  [
    'the general level before that of a target',
    { SYSTEMD_LOG_LEVEL: 'console:debug,warning' },
    callAll,
    'at 3\nat 4\n',
  ],
  ['no heed of another target’s level', { SYSTEMD_LOG_LEVEL: 'kmsg:err,journal:err' }, "log.info('x')", 'x\n'],
  [
    'a warning about a level that is none, and heeds the others',
    { SYSTEMD_LOG_LEVEL: 'loud,err:debug,notice' },
    callAll,
    `${cannotParseLogLevel('loud')}\n${cannotParseLogLevel('err:debug')}\nat 3\nat 4\nat 5\n`,
  ],
  ['no complaint about a list of levels that is empty', { SYSTEMD_LOG_LEVEL: '' }, "log.info('x')", 'x\n'],
  ['no complaint about gaps in a list of levels', { SYSTEMD_LOG_LEVEL: ',err,' }, callAll, 'at 3\n'],
  [
    'a warning about a level of a level',
    { SYSTEMD_LOG_LEVEL: 'console:journal:3,:3' },
    '',
    `${cannotParseLogLevel('console:journal:3')}\n${cannotParseLogLevel(':3')}\n`,
  ],
  [
    'a warning about a target that is none',
    { SYSTEMD_LOG_TARGET: 'printer' },
    "log.info('x')",
    `${cannotParseLogTarget('printer')}\nx\n`,
  ],
  ...[
    ['COLOR', 'color'],
    ['TIME', 'time'],
    ['LOCATION', 'location'],
    ['TID', 'tid'],
    ['RATELIMIT_KMSG', 'ratelimit kmsg boolean'],
  ].map(
    ([name, subject]) =>
      [
        `a warning about SYSTEMD_LOG_${name} that is not a boolean`,
        { [`SYSTEMD_LOG_${name}`]: 'maybe' },
        "log.info('x')",
        `${cannotParseLogSetting(String(subject), 'maybe')}\nx\n`,
      ] as [string, Record<string, string>, string, string],
  ),
  ['the priority in front where the journal reads it', toStream, "log.error('x')", '<3>x\n'],
  ['the level of the journal there', { ...toStream, SYSTEMD_LOG_LEVEL: 'journal:err' }, callAll, '<3>at 3\n'],
  ['no priority where the journal reads something else', { JOURNAL_STREAM: '8:1' }, "log.error('x')", 'x\n'],
  ['priority and facility on request', { SYSTEMD_LOG_TARGET: 'console-prefixed' }, "log.info('x')", '<30>x\n'],
  ['nothing on request', { SYSTEMD_LOG_TARGET: 'null' }, callAll, ''],
  ['one line a message, whatever is in it', toStream, "log.info('a\\n<0>b\\x1b')", '<6>a\\n<0>b\\x1b\n'],
  ['no priority that a message brings along', {}, "log.error('<0>x')", '\\x3c0>x\n'],
  [
    'what each line of a stack is about, and not more of one than anybody reads',
    {},
    "log.bug('TypeError: a\\ntransfer 9: ended well\\r\\n' + '😀'.repeat(600) + '\\n'.repeat(60), 'transfer 7')",
    `transfer 7: TypeError: a\ntransfer 7: transfer 9: ended well\\x0d\ntransfer 7: ${'😀'.repeat(499)}…\n${'transfer 7: \n'.repeat(47)}transfer 7: … and 13 more lines\n`,
  ],
  ['what was set meanwhile', {}, "log.level = 3; log.warning('x')", ''],
  [
    'the time on request',
    { SYSTEMD_LOG_TIME: '1', TZ: 'UTC' },
    "log.info('x')",
    /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z+-]\S+ x\n$/,
  ],
  ['the thread on request', { SYSTEMD_LOG_TID: 'yes' }, "log.info(process.pid + ' x')", /^\((\d+)\) \1 x\n$/],
  [
    'the place in the source on request',
    { SYSTEMD_LOG_LOCATION: 'on' },
    "log.info('x')",
    /^(?!\S*common\/log)\S+:\d+: x\n$/,
  ],
  ['the console where there is no journal', { SYSTEMD_LOG_TARGET: 'journal', NO_JOURNAL: '' }, "log.info('x')", 'x\n'],
  ['the console where the kernel log is closed', { SYSTEMD_LOG_TARGET: 'kmsg', NO_KERNEL: '' }, "log.info('x')", 'x\n'],
];
for (const [what, environment, calls, expected] of cases) {
  test(`the log has ${what}`, async (t) => {
    const result = await written(t, environment, calls);
    if (!result) return;
    const { console } = result;
    if (typeof expected === 'string') assert.equal(console, expected);
    else assert.match(console, expected);
  });
}

test('the journal gets what standard error would lead there, with the transfer as a field', async (t) => {
  const result = await written(t, toJournal, "log.write(4, 'x', 17); log.info('y')");
  if (!result) return;
  const { console, journal } = result;
  assert.equal(console, '');
  assert.equal(journal.length, 2);
  assert.match(journal[0] ?? '', /^PRIORITY=4\n(.*\n)*FERRY_TRANSFER=17\n(.*\n)*MESSAGE=x\n$/);
  assert.doesNotMatch(journal[1] ?? '', /FERRY_TRANSFER/);
});

test('the kernel log gets facility, name and process', async (t) => {
  const target = { SYSTEMD_LOG_TARGET: 'kmsg', SYSTEMD_LOG_LEVEL: 'debug,kmsg:warning' };
  const result = await written(t, target, callAll);
  if (!result) return;
  const { console, kernel } = result;
  assert.equal(console, '');
  assert.match(kernel, /^<27>ferryd\[\d+\]: at 3\n<28>ferryd\[\d+\]: at 4\n$/);
});

for (const [variable, count] of [
  [{}, 200],
  [{ SYSTEMD_LOG_RATELIMIT_KMSG: 'no' }, 300],
] as const) {
  test(`the kernel log gets ${count} of 300 lines at once with ${JSON.stringify(variable)}`, async (t) => {
    const calls = "for (let i = 0; i < 300; i++) log.info('x')";
    const result = await written(t, { SYSTEMD_LOG_TARGET: 'kmsg', ...variable }, calls);
    if (!result) return;
    const { kernel } = result;
    assert.equal(kernel.split('\n').filter(Boolean).length, count);
  });
}

for (const target of ['journal', 'journal-or-kmsg']) {
  test(`${target} sends fields to the journal`, async (t) => {
    const environment = { SYSTEMD_LOG_TARGET: target, SYSTEMD_LOG_LOCATION: '1', SYSTEMD_LOG_LEVEL: 'journal:err' };
    const result = await written(t, environment, `${callAll}; log.bug('b', 'a')`);
    if (!result) return;
    const { console, journal, kernel } = result;
    assert.equal(console + kernel, '');
    assert.equal(journal.length, 2);
    assert.match(journal[0] ?? '', /^PRIORITY=3\nSYSLOG_IDENTIFIER=ferryd\n/);
    assert.match(journal[0] ?? '', /\nCODE_FILE=.*\nCODE_LINE=\d+\n/);
    assert.match(journal[1] ?? '', /\nMESSAGE=.*a: b\n$/);
  });
}

test('journal-or-kmsg writes to the kernel log where there is no journal', async (t) => {
  const result = await written(t, { SYSTEMD_LOG_TARGET: 'journal-or-kmsg', NO_JOURNAL: '' }, "log.info('x')");
  if (!result) return;
  const { kernel } = result;
  assert.match(kernel, /^<30>ferryd\[\d+\]: x\n$/);
});

test('a bug is logged with its stack, a line each', async (t) => {
  const result = await written(t, toStream, "log.bug(new TypeError('oops'), 'transfer 7')");
  if (!result) return;
  const { console } = result;
  const lines = console.split('\n');
  assert.equal(lines[0], '<3>transfer 7: TypeError: oops');
  assert.match(lines[1] ?? '', /^<3>transfer 7: {5}at /);
});

test('a log that nobody can read is no reason to end', async (t) => {
  for (const target of ['console', 'journal', 'kmsg']) {
    const outcome = await written(t, { SYSTEMD_LOG_TARGET: target }, "log.error('x')", '2>/dev/full');
    if (!outcome) return;
    assert.equal(outcome.console, '');
  }
});
