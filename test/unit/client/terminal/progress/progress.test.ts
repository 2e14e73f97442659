import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../../../../client/connect/contract.js';
import { openLog } from '../../../../../client/terminal/log.js';
import { LiveLines } from '../../../../../client/terminal/progress/live.js';
import {
  fraction,
  iconSequence,
  PlainPacer,
  percent,
  plainLine,
  terminalLine,
} from '../../../../../client/terminal/progress/progress.js';
import { showProgress } from '../../../../../client/terminal/progress/progress-display.js';
import { displayWidth } from '../../../../../client/terminal/width.js';
import { fakeProcessContext } from '../../support/process-context.js';

const mebi = 1 << 20;
const halfway: Progress = {
  phase: 'downloading',
  bytesDone: 120 * mebi,
  bytesTotal: 267 * mebi,
  bytesPerSecond: 12.5 * mebi,
  secondsLeft: 12,
};
const stalled: Progress = { ...halfway, bytesPerSecond: null, secondsLeft: null, secondsStalled: 72 };
const unknown: Progress = { phase: 'downloading', bytesDone: 120 * mebi, bytesPerSecond: 1024 };
const empty: Progress = { phase: 'verifying', bytesDone: 0 };

const plain = { colours: 'off', utf8: true } as const;

const onTerminal: [name: string, progress: Progress, width: number, line: string][] = [
  ['80 columns', halfway, 80, 'Downloading: ━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄  44%     120M/267M   12.5M/s       12s left'],
  [
    '140 columns',
    halfway,
    140,
    `Downloading: ${'━'.repeat(17)}${'┄'.repeat(23)}  44%     120M/267M   12.5M/s       12s left`,
  ],
  ['60 columns', halfway, 60, 'Downloading: ━━━━━━┄┄┄┄┄┄┄┄┄  44%     120M/267M   12.5M/s'],
  ['30 columns', halfway, 30, 'Downloading: ━━━━┄┄┄┄┄  44%'],
  ['20 columns', halfway, 20, 'Downloading:  44%'],
  ['5 columns', halfway, 5, 'D…'],
  ['stalled', stalled, 80, 'Downloading: ━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄  44%     120M/267M   stalled   for 1min 12s'],
  ['no total', unknown, 80, 'Downloading: 120M 1K/s'],
  ['nothing known', empty, 80, 'Verifying:'],
  ['bytes that another phase has moved', { ...halfway, phase: 'copying' }, 80, 'Copying:'],
  [
    'complete',
    { ...halfway, bytesDone: 267 * mebi, secondsLeft: 0 },
    140,
    `Downloading: ${'━'.repeat(40)} 100%     267M/267M   12.5M/s        0s left`,
  ],
];

for (const [name, progress, width, line] of onTerminal) {
  test(`the line on a terminal: ${name}`, () => {
    const found = terminalLine(progress, { ...plain, width });
    assert.equal(found, line);
    // The terminal adds ^C.
    assert.ok(displayWidth(found) < width - 2);
  });
}

test('the bar has colours where the terminal has, and ASCII where the locale has no more', () => {
  const coloured = terminalLine(halfway, { width: 60, colours: '256', utf8: true });
  assert.equal(
    coloured,
    'Downloading: \x1b[0;1;32m━━━━━━\x1b[0m\x1b[0;38:5:245m━━━━━━━━━\x1b[0m  44%     120M/267M   12.5M/s',
  );
  assert.equal(
    terminalLine(halfway, { width: 60, colours: 'off', utf8: false }),
    'Downloading: ######---------  44%     120M/267M   12.5M/s',
  );
});

const inLogs: [progress: Progress, line: string | undefined][] = [
  [halfway, 'Downloading: 44% (120M of 267M, 12.5M/s, 12s left).'],
  [unknown, 'Downloading: 120M, 1K/s.'],
  [empty, 'Verifying…'],
  [{ phase: 'copying', bytesDone: 5, bytesTotal: 5 }, 'Copying…'],
  [{ phase: 'installing', bytesDone: 5, bytesTotal: 5, bytesPerSecond: 1 }, 'Installing…'],
  [{ phase: 'queued', bytesDone: 0 }, 'Waiting…'],
  [{ phase: 'starting', bytesDone: 0 }, undefined],
  [{ phase: 'finished', bytesDone: 5, bytesTotal: 5 }, undefined],
  [{ phase: 'exporting', bytesDone: 2n ** 53n, bytesTotal: 2n ** 54n }, 'Exporting: 50% (8P of 16P).'],
];

for (const [progress, line] of inLogs) {
  test(`the line in a log: ${line}`, () => assert.equal(plainLine(progress), line));
}

test('100 % is said of what is complete only, and never more', () => {
  assert.equal(percent({ phase: 'importing', bytesDone: 999, bytesTotal: 1000 }), 99);
  assert.equal(percent({ phase: 'importing', bytesDone: 1000, bytesTotal: 1000 }), 100);
  // What floors to more than 100, and to less than 0.
  for (const bytesDone of [1010, 5000, 2n ** 60n]) {
    assert.equal(percent({ phase: 'importing', bytesDone, bytesTotal: 1000 }), 100);
    assert.equal(fraction({ phase: 'importing', bytesDone, bytesTotal: 1000 }), 1);
  }
  assert.equal(percent({ phase: 'importing', bytesDone: -20, bytesTotal: 1000 }), 0);
  assert.equal(fraction({ phase: 'importing', bytesDone: 500, bytesTotal: 1000 }), 0.5);
  assert.equal(percent({ phase: 'importing', bytesDone: 5, bytesTotal: 0 }), undefined);
});

test('the icon shows percent, unknown, or nothing', () => {
  assert.equal(iconSequence(halfway), '\x1b]9;4;1;44\x1b\\');
  assert.equal(iconSequence(unknown), '\x1b]9;4;3;\x1b\\');
  assert.equal(iconSequence(undefined), '\x1b]9;4;0;\x1b\\');
});

test('a log gets a line at a new phase and every ten seconds', () => {
  const pacer = new PlainPacer();
  assert.equal(pacer.isDue(halfway, 0), true);
  assert.equal(pacer.isDue(halfway, 9_999), false);
  assert.equal(pacer.isDue(empty, 9_999), true);
  assert.equal(pacer.isDue(empty, 19_998), false);
  assert.equal(pacer.isDue(empty, 19_999), true);
});

test('waiting is worth a line only if it lasts', () => {
  const pacer = new PlainPacer();
  const waiting: Progress = { phase: 'queued', bytesDone: 0 };
  assert.equal(pacer.isDue(waiting, 0), false);
  assert.equal(pacer.isDue(waiting, 9_999), false);
  assert.equal(pacer.isDue(waiting, 10_000), true);
  assert.equal(pacer.isDue(halfway, 10_001), true);
});

const terminal = { columns: 30, variables: { TERM: 'xterm', SYSTEMD_COLORS: '0', LANG: 'C.UTF-8' } };

test('on a terminal the line is redrawn in place, around log lines, and gone at the end', async () => {
  const context = fakeProcessContext(terminal);
  const log = openLog(context);
  {
    using display = showProgress(log, false, context);
    display.update(halfway);
    log.info('hello');
  }
  log.info('bye');
  const drawn = 'Downloading: ━━━━┄┄┄┄┄  44%\x1b]9;4;1;44\x1b\\';
  assert.equal(context.written.stderr, `${drawn}\r\x1b[Khello\n${drawn}\r\x1b[K\x1b]9;4;0;\x1b\\bye\n`);
});

test('of a phase that has moved bytes a line stays, and of the whole its sum', async () => {
  const context = fakeProcessContext({ ...terminal, columns: 80 });
  using display = showProgress(openLog(context), false, context);
  display.update(halfway);
  context.advance(20_000);
  display.update({ phase: 'verifying', bytesDone: 267 * mebi, bytesTotal: 267 * mebi });
  context.advance(5_000);
  display.complete();
  const stays = context.written.stderr.split('\n').map((line) => line.replace(/^.*\r\x1b\[K/, ''));
  assert.deepEqual(stays.slice(0, 2), [
    `Downloading: ${'━'.repeat(20)} 100%     267M/267M   13.3M/s         in 20s`,
    'Total:       267M in 25s (10.6M/s)',
  ]);
});

test('what a narrower terminal has broken into more lines is taken away whole', async () => {
  const context = fakeProcessContext({ ...terminal, columns: 10 });
  using lines = new LiveLines(context.stderr, openLog(context));
  lines.show(['x'.repeat(25), '\x1b[4m日本語日本語\x1b[0m']);
  assert.equal(lines.erase(), '\r\x1b[4A\x1b[J');
});

test('elsewhere there are plain lines', async () => {
  const context = fakeProcessContext();
  using display = showProgress(openLog(context), false, context);
  display.update(halfway);
  context.advance(5_000);
  display.update(halfway);
  context.advance(5_000);
  display.update(unknown);
  assert.equal(
    context.written.stderr,
    'Downloading: 44% (120M of 267M, 12.5M/s, 12s left).\nDownloading: 120M, 1K/s.\n',
  );
});

test('quiet means no progress at all', async () => {
  const context = fakeProcessContext(terminal);
  using display = showProgress(openLog(context), true, context);
  display.update(halfway);
  assert.equal(context.written.stderr, '');
});

test('a stall is told once in plain lines, and on the icon', () => {
  assert.equal(plainLine(stalled), 'Downloading: 44% (120M of 267M, stalled for 1min 12s).');
  assert.equal(iconSequence(stalled), '\x1b]9;4;4;44\x1b\\');
  const pacer = new PlainPacer();
  const due = [halfway, stalled, stalled, halfway, stalled].map((progress, index) =>
    pacer.isDue(progress, index * 20_000),
  );
  assert.deepEqual(due, [true, true, false, true, true]);
});
