import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { makeDisk, makeTree } from '../../support/images/sources.js';
import { like } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsNginx } from '../../support/servers/nginx.js';
import { clientProgram, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { Scene } from '../../support/service/scene.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { readable, runOnTerminal } from '../../support/terminal/terminal.js';
import { cannotParseLogLevel, cannotParseLogSetting } from '../../support/texts/common.js';
import { isNotBoolean } from '../../support/texts/transfers.js';

/* importctl(1) of systemd 258: its examples as they are written, and every verb, option, value and variable it names. */

function ready(t: TestContext): boolean {
  const tools = { root: true, programs: ['gpg', 'qemu-img', 'tar', 'xz', 'setfacl', 'setfattr', 'setpriv'] };
  return needsProduct(t) && needsNginx(t) && needs(t, tools);
}

// ---- Variables, client ---------------------------------------------------------------------------------------------

const failing = ['export-raw', 'nothing', '/dev/null'];
const message = "Failed to export image 'nothing': .*";

const logging: [environment: Record<string, string>, expected: RegExp][] = [
  [{}, new RegExp(`^${message}\n$`)],
  [{ SYSTEMD_LOG_LEVEL: 'crit' }, /^$/],
  [{ SYSTEMD_LOG_LEVEL: '2' }, /^$/],
  [{ SYSTEMD_LOG_LEVEL: 'err' }, new RegExp(`^${message}\n$`)],
  [{ SYSTEMD_LOG_LEVEL: 'debug,console:crit' }, /^$/],
  [{ SYSTEMD_LOG_LEVEL: 'crit,console:debug' }, /^$/],
  [{ SYSTEMD_LOG_LEVEL: 'debug,journal:crit' }, new RegExp(message)],
  [{ SYSTEMD_LOG_LEVEL: 'loud' }, new RegExp(`^.*'loud'.*\n${message}\n$`)],
  [{ SYSTEMD_LOG_TIME: '1' }, new RegExp(String.raw`^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC ${message}\n$`)],
  [{ SYSTEMD_LOG_TIME: 'maybe' }, new RegExp(`^.*'maybe'.*\n${message}\n$`)],
  [{ SYSTEMD_LOG_LOCATION: '1' }, new RegExp(String.raw`^client/[\w/-]+\.ts:\d+: ${message}\n$`)],
  [{ SYSTEMD_LOG_TID: '1' }, new RegExp(String.raw`^\(\d+\) ${message}\n$`)],
  [{ SYSTEMD_LOG_TARGET: 'console' }, new RegExp(`^${message}\n$`)],
  [{ SYSTEMD_LOG_TARGET: 'console-prefixed' }, new RegExp(`^<27>${message}\n$`)],
  [{ SYSTEMD_LOG_TARGET: 'null' }, /^$/],
  [{ SYSTEMD_LOG_TARGET: 'auto' }, new RegExp(`^${message}\n$`)],
  [{ SYSTEMD_LOG_TARGET: 'printer' }, new RegExp(`^.*'printer'.*\n${message}\n$`)],
  [{ SYSTEMD_LOG_RATELIMIT_KMSG: 'maybe' }, new RegExp(`^.*'maybe'.*\n${message}\n$`)],
  [{ SYSTEMD_LOG_COLOR: 'maybe' }, new RegExp(`^.*'maybe'.*\n${message}\n$`)],
  [{ SYSTEMD_COLORS: '1', TERM: 'xterm' }, new RegExp(`^\x1b\\[0;1;31m${message}\x1b\\[0m\n$`)],
  [{ SYSTEMD_COLORS: '1', TERM: 'xterm', SYSTEMD_LOG_COLOR: '0' }, new RegExp(`^${message}\n$`)],
];

test('$SYSTEMD_LOG_… of the client', async (t) => {
  if (!ready(t)) return;
  await using host = await ferryHost(t);
  for (const [environment, expected] of logging) {
    await t.test(JSON.stringify(environment), async () => {
      const { status, stderr } = await host.ferryctl(failing, { environment });
      assert.equal(status, 3);
      assert.match(stderr.replace(/ \(.*?lines\)/, ''), expected);
    });
  }
});

/** What `list-images` writes to a terminal. */
async function shown(
  t: TestContext,
  socket: string,
  environment: Record<string, string>,
  ...options: string[]
): Promise<string> {
  const command = [process.execPath, clientProgram, `--address=unix:${socket}`, ...options];
  const terminal = runOnTerminal(t, command, {
    columns: 200,
    environment: { SYSTEMD_LOG_TARGET: 'console', ...environment },
  });
  assert.equal(await terminal.ended(), 0, terminal.transcript());
  return terminal.transcript();
}

test('colours, links and pagers on a terminal', async (t) => {
  if (!ready(t) || !needs(t, { programs: ['python3', 'less'] })) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await host.ferryctl(['import-raw', makeDisk(directory.file('disk.raw')), 'image']);
  const list = ['list-images', `--image-root=${host.imageRoot}`];
  // A pager that tells what it was started with, and a less that does the same.
  const tools = directory.file('bin');
  mkdirSync(tools);
  for (const name of ['pager', 'less', 'mypager'])
    writeFileSync(`${tools}/${name}`, `#!/bin/sh\necho "${name} [$LESS] [$LESSCHARSET] [$LESSSECURE] [$*]"; cat\n`, {
      mode: 0o755,
    });
  const PATH = `${tools}:${process.env['PATH']}`;
  const secure = 'SYSTEMD_PAGERSECURE';
  const cases: [what: string, environment: Record<string, string>, options: string[], expected: RegExp][] = [
    ['SYSTEMD_COLORS=0', { SYSTEMD_COLORS: '0', PAGER: 'cat' }, [], /^[^\x1b]*$/],
    ['SYSTEMD_COLORS=1', { SYSTEMD_COLORS: '1', SYSTEMD_URLIFY: '0', PAGER: 'cat' }, [], /\x1b\[0;1;32mrw/],
    ['SYSTEMD_COLORS=16', { SYSTEMD_COLORS: '16', PAGER: 'cat' }, [], /\x1b\[0;1;32mrw/],
    ['SYSTEMD_COLORS=256', { SYSTEMD_COLORS: '256', PAGER: 'cat' }, [], /\x1b\[0;1;32mrw/],
    ['NO_COLOR', { NO_COLOR: '1', SYSTEMD_URLIFY: '0', PAGER: 'cat' }, [], /^[^\x1b]*$/],
    ['TERM=dumb', { TERM: 'dumb' }, [], /^[^\x1b]*$/],
    ['SYSTEMD_URLIFY=1', { SYSTEMD_URLIFY: '1', PAGER: 'cat' }, [], /\x1b\]8;;file:\/\//],
    ['SYSTEMD_URLIFY=0', { SYSTEMD_URLIFY: '0', PAGER: 'cat' }, [], /^(?![\s\S]*\x1b\]8;;)/],
    ['--no-pager', { PATH, [secure]: '0' }, ['--no-pager'], /^(?![\s\S]*pager \[)/],
    ['PAGER=', { PATH, PAGER: '' }, [], /^(?![\s\S]*(pager|less) \[)/],
    ['PAGER=cat', { PATH, PAGER: 'cat' }, [], /^(?![\s\S]*(pager|less) \[)/],
    ['a well-known pager', { PATH, [secure]: '0' }, [], /pager \[FRSXMK\] \[utf-8\] \[0\]/],
    [
      'PAGER without PAGERSECURE is not heeded',
      { PATH, PAGER: 'mypager', SUDO_UID: '0' },
      [],
      /^(?![\s\S]*mypager)[\s\S]*less \[FRSXMK\] \[utf-8\] \[1\]/,
    ],
    ['PAGER', { PATH, PAGER: 'mypager', [secure]: '0' }, [], /mypager \[FRSXMK\] \[utf-8\] \[0\] \[\]/],
    [
      'SYSTEMD_PAGER before PAGER',
      { PATH, SYSTEMD_PAGER: 'mypager -x "a b"', PAGER: 'cat', [secure]: '0' },
      [],
      /mypager .*\[-x a b\]/,
    ],
    ['SYSTEMD_PAGERSECURE=1', { PATH, [secure]: '1' }, [], /less \[FRSXMK\] \[utf-8\] \[1\]/],
    ['SYSTEMD_LESS', { PATH, SYSTEMD_LESS: 'FRX', [secure]: '1' }, [], /less \[FRX\]/],
    ['SYSTEMD_LESSCHARSET', { PATH, SYSTEMD_LESSCHARSET: 'latin1', [secure]: '1' }, [], /less \[FRSXMK\] \[latin1\]/],
  ];
  for (const [what, environment, options, expected] of cases) {
    await t.test(what, async (t) => {
      const text = await shown(t, host.socket, environment, ...list, ...options);
      assert.match(text, expected);
      assert.match(readable(text), /image\.raw/);
    });
  }
});

// ---- Variables, service --------------------------------------------------------------------------------------------

const serviceLogging: [environment: Record<string, string>, expected: RegExp][] = [
  [{}, /^Stopping on SIGTERM$/m],
  [{ SYSTEMD_LOG_LEVEL: 'notice' }, /^(?![\s\S]*Stopping)/],
  [{ SYSTEMD_LOG_LEVEL: 'debug,console:5' }, /^(?![\s\S]*Stopping)/],
  [{ SYSTEMD_LOG_LEVEL: 'loud' }, like`^${cannotParseLogLevel('loud')}\n[\s\S]*Stopping`],
  [{ SYSTEMD_LOG_TARGET: 'console-prefixed' }, /^<30>Stopping on SIGTERM$/m],
  [{ SYSTEMD_LOG_TARGET: 'null' }, /^$/],
  [{ SYSTEMD_LOG_TIME: 'yes' }, /^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC Stopping/m],
  [{ SYSTEMD_LOG_LOCATION: 'yes' }, /^service\/daemon\/\w+\.ts:\d+: Stopping/m],
  [{ SYSTEMD_LOG_TID: 'yes' }, /^\(\d+\) Stopping/m],
  [{ SYSTEMD_LOG_RATELIMIT_KMSG: 'maybe' }, like`^${cannotParseLogSetting('ratelimit kmsg boolean', 'maybe')}\n`],
  [{ SYSTEMD_IMPORT_SYNC: 'maybe' }, like`^${isNotBoolean('SYSTEMD_IMPORT_SYNC', 'maybe')} on\n`],
];

test('$SYSTEMD_LOG_… of the service', async (t) => {
  if (!ready(t)) return;
  for (const [environment, expected] of serviceLogging) {
    await t.test(JSON.stringify(environment), async (t) => {
      await using host = await ferryHost(t, { environment });
      const ended = new Promise((resolve) => host.service.once('exit', resolve));
      host.service.kill('SIGTERM');
      await ended;
      assert.match(host.log(), expected);
    });
  }
});

test('$SYSTEMD_IMPORT_BTRFS_QUOTA: no quota unless it is asked for, then usage and limits are known', async (t) => {
  if (!ready(t) || !needs(t, { programs: ['btrfs'] })) return;
  for (const value of [undefined, '0', '1']) {
    await t.test(String(value), async (t) => {
      const environment = value === undefined ? {} : { SYSTEMD_IMPORT_BTRFS_QUOTA: value };
      const scene = await Scene.open(t, 'btrfs', { environment });
      if (scene === undefined) return;
      const tree = makeTree(scene.file('tree'));
      makeDisk(`${tree}/large`);
      await scene.succeed('import-fs', '-m', tree, 'image');
      run('sync', ['-f', scene.image('image')]);
      const isOn =
        shell('btrfs qgroup show "$1" >/dev/null 2>&1 && echo on || echo off', [scene.image()]).trim() === 'on';
      assert.equal(isOn, value === '1');
      const listed = async () => JSON.parse(await scene.succeed('list-images', '-m', '--json=short'))[0];
      if (!isOn) {
        assert.equal((await listed()).usage, null);
        return;
      }
      run('btrfs', ['quota', 'rescan', '-w', scene.image()]);
      const id = run('btrfs', ['inspect-internal', 'rootid', scene.image('image')]).trim();
      run('btrfs', ['qgroup', 'limit', '64M', `255/${id}`, scene.image()]);
      const { usage, limit } = await listed();
      assert.ok(usage >= 300_000, String(usage));
      assert.equal(limit, 64 << 20);
    });
  }
});

test('$SYSTEMD_IMPORT_SYNC: images are written to the disk before they get their name, unless it is off', async (t) => {
  if (!ready(t) || !needs(t, { programs: ['strace'] })) return;
  for (const value of ['1', '0']) {
    await t.test(value, async (t) => {
      // What is started before the tracer is there would not be traced.
      const environment = { SYSTEMD_IMPORT_SYNC: value, FERRY_SPARE_PROCESSES: '0' };
      const scene = await Scene.open(t, 'ext4', { environment });
      if (scene === undefined) return;
      const disk = makeDisk(scene.file('disk.raw'));
      // With the first image the service makes the key of its records, which is not an image.
      assert.equal((await scene.host.ferryctl(['import-raw', disk, 'first'])).status, 0);
      const trace = scene.file('trace');
      const calls = shell(
        `strace -f -qq -e trace=fsync,fdatasync,syncfs -o "$1" -p "$2" & tracer=$!
        for i in $(seq 2000); do grep -q "^TracerPid:.[^0]" /proc/$2/status && break; sleep 0.05; done
        shift 2; "$@" >&2; kill $tracer; wait $tracer || true; cat "$0"`.replace('"$0"', `'${trace}'`),
        [
          trace,
          String(scene.host.service.pid),
          process.execPath,
          clientProgram,
          `--address=unix:${scene.host.socket}`,
          `--image-root=${scene.host.imageRoot}`,
          'import-raw',
          '-q',
          disk,
          'image',
        ],
      );
      assert.equal(/(fsync|syncfs)\(/.test(calls), value === '1', calls);
    });
  }
});
