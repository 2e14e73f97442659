import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { version } from '../../../common/version.js';
import type { Result, TransferHandlers } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { attempt } from '../../support/command.js';
import { lineLike } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { needsTerminal, readable, runOnTerminal } from '../../support/terminal/terminal.js';
import { continuesInBackground, letsItContinue } from '../../support/texts/client.js';
import { startFakeService } from './support/fake-service.js';

const program = fileURLToPath(new URL('../../../client/main.js', import.meta.url));
const result: Result = {
  bytes: 1,
  verifiedBy: 'no',
  fromCache: false,
  lossCount: 0,
  losses: [],
  path: '/var/lib/machines/x',
};

function start(argv: string[], environment: Record<string, string> = {}): ChildProcess {
  const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', TZ: 'UTC', ...environment };
  return spawn(process.execPath, [program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outcome(child: ChildProcess) {
  const read = (stream: ChildProcess['stdout']) => (stream === null ? '' : text(stream));
  const [stdout, stderr, [status]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'exit')]);
  return { status, stdout, stderr };
}

test('the version is that of the package', async () => {
  const { version: expected } = JSON.parse(readFileSync(projectFile('package.json'), 'utf8'));
  assert.equal(version, expected);
  assert.deepEqual(await outcome(start(['--version'])), { status: 0, stdout: `ferry ${expected}\n`, stderr: '' });
});

test('help and errors need no service and no clipanion', async (t) => {
  if (!needs(t, { programs: ['strace'] })) return;
  await using directory = temporaryDirectory(t);
  for (const argv of [['--help'], ['help', 'pull-tar'], ['frob'], ['--verify=help']]) {
    const log = directory.file('strace');
    attempt('strace', ['-f', '-qq', '-e', 'trace=openat,connect', '-o', log, process.execPath, program, ...argv]);
    assert.doesNotMatch(readFileSync(log, 'utf8'), /clipanion|koffi|ferry\/io\.ferry/);
  }
});

test('called as importctl it is importctl', async (t) => {
  await using directory = temporaryDirectory(t);
  symlinkSync(program, directory.file('importctl'));
  const help = attempt(process.execPath, [directory.file('importctl'), '--help']);
  assert.match(help.stdout, /^importctl \[OPTION…\] COMMAND …\n/);
  assert.match(
    attempt(process.execPath, [directory.file('importctl'), 'pull-tar', 'http://h/x']).stderr,
    /^A class is needed/,
  );
});

test('a reader that goes away ends the output, not the world', () => {
  const command = `"$0" "$1" --help | head -n 1; exit \${PIPESTATUS[0]}`;
  const { status, stdout, stderr } = attempt('bash', ['-c', command, process.execPath, program]);
  assert.deepEqual([status, stdout, stderr], [0, 'ferryctl [OPTION…] COMMAND …\n', '']);
});

const O_NONBLOCK = 0o4000;

/** The flags of an open file description, from /proc. */
function flagsOf(fd: number): number {
  const line = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  return Number.parseInt(line?.[1] ?? '', 8);
}

async function shell(command: string, ...parameters: string[]) {
  const child = spawn('bash', ['-c', command, 'bash', process.execPath, program, ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return await outcome(child);
}

test('a pipe stays as it is: blocking', async (t) => {
  const flags: number[] = [];
  const Import: TransferHandlers['Import'] = async (call) => {
    const fd = call.descriptor(0);
    flags.push(flagsOf(fd));
    closeSync(fd);
    call.reply({ result });
  };
  const Export: TransferHandlers['Export'] = async (call) => {
    const fd = call.descriptor(0);
    flags.push(flagsOf(fd));
    closeSync(fd);
    call.reply({ result });
  };
  const { address } = startFakeService(t, { transfer: { Import, Export } });
  const imported = await shell('echo x | "$1" "$2" "--address=$3" import-tar - x', address);
  assert.equal(imported.status, 0, imported.stderr);
  await shell('"$1" "$2" "--address=$3" export-tar x | cat', address);
  assert.deepEqual(
    flags.map((flag) => flag & O_NONBLOCK),
    [0, 0],
  );
});

/** Answers with an id, then works until it is cancelled. */
function endless(cancelled: number[]): Partial<TransferHandlers> {
  let cancel = () => {};
  return {
    Pull: async (call) => {
      call.continues({ id: 7 });
      call.continues({ progress: { phase: 'downloading', bytesDone: 1 << 20, bytesTotal: 4 << 20 } });
      await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      call.reply({ result });
    },
    Import: async (call) => {
      call.continues({ id: 8 });
      await new Promise<void>((resolve) => {
        cancel = resolve;
      });
      call.reply({ result });
    },
    Cancel: async (call) => {
      cancelled.push(Number(call.parameters.id));
      cancel();
      call.reply({});
    },
  };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} leaves a pull running, with status 1`, async (t) => {
    const cancelled: number[] = [];
    const { address } = startFakeService(t, { transfer: endless(cancelled) });
    const child = spawn(process.execPath, [program, `--address=${address}`, 'pull-tar', 'http://h/x'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      if (stderr.includes('started') && !child.killed) child.kill(signal);
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 18);
    assert.match(stderr, lineLike`^${continuesInBackground(7)}: \S+ --address=\S+ cancel-transfer 7$`);
    assert.deepEqual(cancelled, []);
  });
}

test('on a terminal: start, progress, detach', async (t) => {
  if (!needsTerminal(t)) return;
  const { address } = startFakeService(t, { transfer: endless([]) });
  // An agent for passwords would complain where there is one but no polkit.
  const command = [program, '--no-ask-password', `--address=${address}`, 'pull-tar', 'http://h/x'];
  const terminal = runOnTerminal(t, [process.execPath, ...command], { environment: { NO_COLOR: '1' } });
  await terminal.shows(/25%/);
  assert.match(terminal.transcript(), /\x1b\]9;4;1;25\x1b\\/);
  terminal.type('\x03');
  assert.equal(await terminal.ended(), 18);
  const lines = readable(terminal.transcript()).trimEnd().split('\n');
  assert.equal(lines[0], `Transfer 7 started. Ctrl-C ${letsItContinue}.`);
  assert.match(lines.at(-1) ?? '', /Transfer 7 continues in the background\./);
  assert.match(terminal.transcript(), /\x1b\]9;4;0;\x1b\\/);
});

test('on a terminal: an error is red', async (t) => {
  if (!needsTerminal(t)) return;
  const terminal = runOnTerminal(t, [process.execPath, program, 'frob']);
  assert.equal(await terminal.ended(), 2);
  assert.equal(terminal.transcript(), "\x1b[0;1;31mUnknown command 'frob'.\x1b[0m\r\n");
});

for (const columns of [80, 140]) {
  for (const colours of ['0', '256']) {
    test(`on a terminal of ${columns} columns, colours ${colours}: a list fits`, async (t) => {
      if (!needsTerminal(t)) return;
      const remote = `https://example.org/${'long/'.repeat(30)}x.tar.xz`;
      const List: TransferHandlers['List'] = async (call) =>
        call.reply({
          transfers: [
            {
              id: 1,
              type: 'pull_tar',
              class: 'machine',
              local: 'x',
              remote,
              progress: { phase: 'downloading', bytesDone: 1, bytesTotal: 3 },
            },
          ],
        });
      const { address } = startFakeService(t, { transfer: { List } });
      const terminal = runOnTerminal(t, [process.execPath, program, `--address=${address}`, '--no-pager', 'list'], {
        columns,
        environment: { SYSTEMD_COLORS: colours },
      });
      assert.equal(await terminal.ended(), 0);
      const lines = readable(terminal.transcript()).split('\n');
      assert.equal(lines[1]?.length, columns);
      assert.equal(lines[1]?.startsWith(' 1      33% pull-tar machine x     https://example.org/'), true);
      assert.deepEqual([lines[2], lines[3]], ['', '1 transfer listed.']);
      assert.equal(terminal.transcript().includes('\x1b[4mID\x1b[0m'), colours === '256');
    });
  }
}

test('a list goes through the pager', async (t) => {
  if (!needsTerminal(t)) return;
  await using directory = temporaryDirectory(t);
  const pager = directory.file('pager');
  writeFileSync(pager, '#!/bin/sh\necho "LESS=$LESS LESSSECURE=$LESSSECURE"\ncat\n', { mode: 0o755 });
  const { address } = startFakeService(t, { transfer: { List: async (call) => call.reply({ transfers: [] }) } });
  const environment = { SYSTEMD_PAGER: pager, SYSTEMD_PAGERSECURE: '1', SYSTEMD_LESS: 'FRX' };
  const terminal = runOnTerminal(t, [process.execPath, program, `--address=${address}`, 'list'], { environment });
  assert.equal(await terminal.ended(), 0);
  assert.equal(readable(terminal.transcript()), 'LESS=FRX LESSSECURE=1\nNo transfers.\n');
});

test('log lines can carry their place in the source', async () => {
  const { stderr } = await outcome(start(['frob'], { SYSTEMD_LOG_LOCATION: '1' }));
  assert.match(stderr, /^client\/cli\/run\.ts:\d+: Unknown command 'frob'\.\n$/);
});

test('a wrapper says what the program was called as', async () => {
  const called = async (name: string) => (await outcome(start(['--help'], { FERRY_CALLED_AS: name }))).stdout;
  assert.match(await called('importctl'), /^importctl \[OPTION…\] COMMAND …\n/);
  assert.match(await called('ferryctl'), /^ferryctl \[OPTION…\] COMMAND …\n/);
  const { status, stderr } = await outcome(start(['import-raw', '-', 'x'], { FERRY_CALLED_AS: 'importctl' }));
  assert.equal(status, 1);
  assert.match(stderr, /^A class is needed/);
});
