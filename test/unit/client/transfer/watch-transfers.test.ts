import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type {
  Result,
  Transfer,
  TransferHandlers,
} from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { startFakeService } from '../support/fake-service.js';
import { type FakeOptions, type FakeProcessContext, fakeProcessContext } from '../support/process-context.js';

const pulling: Transfer = {
  id: 3,
  type: 'pull_raw',
  class: 'machine',
  remote: 'http://example.org/a.raw',
  local: 'a\x1b',
  progress: { phase: 'downloading', bytesDone: 1 << 20, bytesTotal: 4 << 20, bytesPerSecond: 1 << 20, secondsLeft: 3 },
};
const exporting: Transfer = {
  id: 4,
  type: 'export_tar',
  class: 'portable',
  local: 'b',
  progress: { phase: 'exporting', bytesDone: 512 },
};
const result: Result = {
  path: '/images/a.raw',
  bytes: 4 << 20,
  verifiedBy: 'no',
  fromCache: false,
  lossCount: 0,
  losses: [],
};

type Watch = TransferHandlers['Watch'];
const finishes: Watch = async (call) =>
  call.reply({ id: 3, progress: { phase: 'finished', bytesDone: 4 << 20, bytesTotal: 4 << 20 }, result });
const failsWith =
  (name: string, parameters: object = {}): Watch =>
  async () => {
    throw new VarlinkError(name, { ...parameters });
  };

/** Watches a service that lists these in turn, and presses Ctrl-C once the last ones were shown. */
async function watch(
  t: TestContext,
  lists: Transfer[][],
  { argv = [], Watch = finishes, ...options }: FakeOptions & { argv?: string[]; Watch?: Watch },
): Promise<FakeProcessContext & { status: number }> {
  const context = fakeProcessContext(options);
  let asked = 0;
  const service = startFakeService(t, {
    transfer: {
      List: async (call) => {
        call.reply({ transfers: lists[Math.min(asked, lists.length - 1)] ?? [] });
        asked += 1;
        if (asked > lists.length) context.interrupt();
      },
      Watch,
    },
  });
  const status = await run([`--address=${service.address}`, 'list-transfers', '--watch', ...argv], context);
  return Object.assign(context, { status });
}

test('--watch in a pipe: a line for what begins, changes its phase, or ends', async (t) => {
  const verifying: Transfer = { ...pulling, progress: { ...pulling.progress, phase: 'verifying' } };
  const { status, written } = await watch(t, [[pulling], [pulling, exporting], [verifying, exporting], []], {});
  assert.equal(status, 0);
  assert.deepEqual(written.stdout.split('\n'), [
    'Transfer 3 (pull-raw a\\x1b): Downloading: 25% (1M of 4M, 1M/s, 3s left).',
    'Transfer 4 (export-tar b): Exporting: 512B.',
    'Transfer 3 (pull-raw a\\x1b): Verifying…',
    'Transfer 3 (pull-raw a\\x1b) finished: /images/a.raw',
    'Transfer 4 (export-tar b) finished: /images/a.raw',
    '',
  ]);
});

const ends: [what: string, Watch: Watch, line: string, phase: string | null][] = [
  [
    'failed',
    failsWith('io.ferry.Transfer.DownloadFailed', { message: 'no such host', url: 'u' }),
    'Transfer 3 (pull-raw a\\x1b) failed: no such host',
    'failed',
  ],
  [
    'cancelled',
    failsWith('io.ferry.Transfer.Cancelled', { message: 'x' }),
    'Transfer 3 (pull-raw a\\x1b) was cancelled.',
    'cancelled',
  ],
  [
    'forgotten',
    failsWith('io.ferry.Transfer.NoSuchTransfer', { message: 'x', id: 3 }),
    'Transfer 3 (pull-raw a\\x1b) has ended.',
    null,
  ],
  [
    'somebody else’s',
    failsWith('org.varlink.service.PermissionDenied'),
    'Transfer 3 (pull-raw a\\x1b) has ended.',
    null,
  ],
];
for (const [what, Watch, line, phase] of ends) {
  test(`--watch says of a transfer that is ${what}: ${line}`, async (t) => {
    const { written } = await watch(t, [[pulling], []], { Watch });
    assert.equal(written.stdout.split('\n').at(-2), line);
    const json = await watch(t, [[pulling], []], { Watch, argv: ['--json=short'] });
    assert.equal(JSON.parse(json.written.stdout.split('\n').at(-2) ?? '').phase, phase);
  });
}

test('--watch --json: a document a line whenever something has changed', async (t) => {
  const { written } = await watch(t, [[pulling], [pulling], []], { argv: ['-j'] });
  const documents = written.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(documents, [
    {
      id: 3,
      progress: 25,
      type: 'pull-raw',
      class: 'machine',
      local: 'a\x1b',
      remote: 'http://example.org/a.raw',
      phase: 'downloading',
      bytesDone: 1 << 20,
      bytesTotal: 4 << 20,
      bytesPerSecond: 1 << 20,
      secondsLeft: 3,
      secondsStalled: null,
    },
    {
      ...documents[0],
      progress: 100,
      phase: 'finished',
      bytesDone: 4 << 20,
      bytesPerSecond: null,
      secondsLeft: null,
      result,
    },
  ]);
});

test('--watch asks for one class only where one is given', async (t) => {
  const context = fakeProcessContext();
  const classes: unknown[] = [];
  const service = startFakeService(t, {
    transfer: {
      List: async (call) => {
        classes.push(call.parameters.class);
        call.reply({ transfers: [] });
        context.interrupt();
      },
    },
  });
  const argv = [`--address=${service.address}`, '-P', 'list-transfers', '--watch'];
  assert.equal(await run(argv, context), 0);
  assert.deepEqual([classes, context.written.stdout], [['portable'], '']);
});

const terminal = { variables: { TERM: 'xterm', SYSTEMD_COLORS: '0', LANG: 'C.UTF-8' } };
const tables: [columns: number, lines: string[]][] = [
  [
    80,
    [
      'ID LOCAL      PHASE       PROGRESS                  BYTES     RATE     LEFT',
      ' 3 a\\x1b      Downloading ━━━┄┄┄┄┄┄┄┄┄  25%         1M/4M     1M/s       3s',
      ' 4 b          Exporting   -                          512B        -        -',
    ],
  ],
  [40, ['ID LOCAL PROGRESS', ' 3 a\\x1b  25%', ' 4 b     -']],
];
for (const [columns, lines] of tables) {
  test(`--watch on a terminal of ${columns} columns: a table that is drawn over`, async (t) => {
    const { written, status } = await watch(t, [[pulling, exporting]], { ...terminal, columns });
    assert.equal(status, 0);
    const shown = written.stdout
      .replace(/\x1b\][^\x1b]*\x1b\\/g, '')
      .split('\n')
      .slice(0, 3);
    assert.deepEqual(
      shown.map((line) => line.replace(/ +/g, ' ').trimEnd()),
      lines.map((line) => line.replace(/ +/g, ' ')),
    );
    for (const line of shown) assert.ok(line.length < columns, line);
  });
}

test('--watch on a terminal: what has ended stays above the table, and the icon is put back', async (t) => {
  const { written } = await watch(t, [[pulling], []], { ...terminal, columns: 80 });
  const [, second = ''] = written.stdout.split('\r\x1b[3A\x1b[J');
  assert.match(second, /^Transfer 3 \(pull-raw a\\x1b\) finished: \/images\/a\.raw\nNo transfers\. Ctrl-C/);
  assert.match(written.stdout, /\x1b\]9;4;1;25\x1b\\/);
  assert.ok(written.stdout.endsWith('\x1b]9;4;0;\x1b\\\n'));
});

test('--watch shows no more transfers than the terminal has lines for, and says so', async (t) => {
  const many = Array.from({ length: 30 }, (_, index) => ({ ...pulling, id: index + 1 }));
  const { written } = await watch(t, [many], { ...terminal, columns: 80 });
  const [first = ''] = written.stdout.split('\r\x1b[');
  assert.ok(first.split('\n').length <= 24);
  assert.match(first, /30 transfers, 10 of them not shown/);
});

for (const verb of ['remove-image', 'import-tar', 'export-raw', 'list-images']) {
  test(`${verb} refuses options that say not to do the thing, rather than to do it`, async () => {
    for (const option of ['--dry-run', '--watch']) {
      const context = fakeProcessContext();
      const argv = verb === 'list-images' ? [verb, option] : [verb, option, 'x'];
      assert.equal(await run(argv, context), 2);
      assert.match(context.written.stderr, new RegExp(`^Cannot use ${option} with ${verb}: only `));
    }
  });
}
