import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { inspectCommand } from '../../../../../service/transfers/inspect/command.js';
import { inspectDisk } from '../../../../../service/transfers/inspect/inspect-disk.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { waitUntil } from '../../../../support/wait.js';
import { fakeHost } from '../fake-workers.js';

const silent = new AbortController().signal;
const disk = { path: '/images/disk.raw', class: 'machine' } as const;

/** A user's service that finds this script as systemd-dissect. */
function hostWith(t: TestContext, script: string) {
  const directory = temporaryDirectory(t);
  const bin = directory.file('bin');
  mkdirSync(bin);
  writeFileSync(`${bin}/systemd-dissect`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const host = {
    ...fakeHost(directory.path, {}),
    scope: 'user',
    environment: { PATH: `${bin}:/usr/bin:/bin` },
  } as const;
  return { host, bin, directory };
}

async function problemWith(t: TestContext, script: string, limit?: number) {
  const { inspection, release, releaseProblem } = await inspectDisk(hostWith(t, script).host, disk, silent, limit);
  assert.deepEqual([inspection, release], [null, []]);
  return releaseProblem;
}

test('a disk that cannot be inspected is told of, with the reason', async (t) => {
  const rows: [script: string, problem: string][] = [
    ['echo first >&2; echo "Failed to open $5: \\033[31m" >&2; exit 1', 'Failed to open /images/disk.raw: \\x1b[31m'],
    ['exit 3', 'systemd-dissect exited with status 3'],
    ['echo hello', 'systemd-dissect did not print the JSON that it should'],
    ['head -c 300000 /dev/zero', 'systemd-dissect printed more than 256 KiB'],
  ];
  for (const [script, problem] of rows) assert.equal(await problemWith(t, script), `Cannot inspect it: ${problem}`);
});

test('a disk that takes too long is given up, and what it is read with is ended', async (t) => {
  const { host, directory } = hostWith(t, 'echo $$ >"$0.pid"; exec sleep 600');
  const found = await inspectDisk(host, disk, silent, 0.5);
  assert.equal(found.releaseProblem, 'Cannot inspect it: systemd-dissect took longer than 0.5 s');
  const pid = Number(readFileSync(directory.file('bin', 'systemd-dissect.pid'), 'utf8') || 0);
  if (pid > 0) await waitUntil(() => !isRunning(pid));
});

test('a caller who goes ends the inspection', async (t) => {
  const { host, directory } = hostWith(t, 'echo $$ >"$0.pid"; exec sleep 600');
  const caller = new AbortController();
  const inspected = inspectDisk(host, disk, caller.signal);
  const file = directory.file('bin', 'systemd-dissect.pid');
  await waitUntil(() => readOrEmpty(file).endsWith('\n'));
  const reason = new Error('gone');
  caller.abort(reason);
  await assert.rejects(inspected, reason);
  await waitUntil(() => !isRunning(Number(readOrEmpty(file))));
});

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}

test('a disk that holds no system is told of, in the words of systemd-dissect if it has any', async (t) => {
  const print = `echo '{"mounts":[]}'`;
  for (const [script, problem] of [
    [print, 'systemd-dissect found no release file in it'],
    [`${print}; echo 'OS image is encrypted' >&2`, 'OS image is encrypted'],
  ] as const) {
    const found = await inspectDisk(hostWith(t, script).host, disk, silent);
    assert.deepEqual([found.inspection?.partitions, found.release, found.releaseProblem], [[], [], problem]);
  }
});

test('the service of the system lets systemd run the inspection, and that of a user runs it itself', (t) => {
  const { host, bin } = hostWith(t, '');
  const words = [`${bin}/systemd-dissect`, '--json=short', '--no-pager', '--read-only', '--', '/x.raw'];
  assert.deepEqual(inspectCommand(host, '/x.raw', ''), { words });
  const system = { scope: 'system', environment: { PATH: bin } } as const;
  assert.deepEqual(inspectCommand(system, '/x.raw', ''), { problem: 'systemd-run is not installed' });
  writeFileSync(`${bin}/systemd-run`, '', { mode: 0o755 });
  const command = inspectCommand(system, '/x.raw', '');
  assert.ok('words' in command);
  assert.equal(command.words[0], `${bin}/systemd-run`);
  assert.deepEqual(command.words.slice(-7), ['--', ...words]);
  for (const property of ['NoNewPrivileges=yes', 'DevicePolicy=closed', 'ProtectSystem=strict', 'RuntimeMaxSec=65s'])
    assert.ok(command.words.includes(`--property=${property}`), property);
  rmSync(`${bin}/systemd-dissect`);
  for (const each of [host, system])
    assert.deepEqual(inspectCommand(each, '/x.raw', ''), { problem: 'systemd-dissect is not installed' });
});
