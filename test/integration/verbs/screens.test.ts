import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { clientProgram, type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';
import { ended, type Screen, Screens, withoutColours } from '../../support/terminal/tmux.js';

/*
 * What a person sees who uses ferryctl, screen by screen, in test/snapshots: `cat` shows them with their colours.
 * FERRY_TEST_ACCEPT=1 writes them anew, to be looked at before they are committed.
 */

const isAccepting = process.env['FERRY_TEST_ACCEPT'] === '1';
const size = 8 << 20;
/** Characters of the path of the image root, which decides where lines break and columns end. */
const rootLength = 50;

describe('screens', { concurrency: true }, () => {
  for (const columns of [80, 140]) {
    for (const colour of [false, true]) recordScreens(columns, colour);
  }
});

function recordScreens(columns: number, colour: boolean): void {
  const name = `${columns}-columns${colour ? '-colour' : ''}`;
  test(name, async (t) => {
    if (!needsProduct(t) || !needs(t, { programs: ['tmux', 'bash'] })) return;
    await using directory = temporaryDirectory();
    await using server = await FaultServer.start();
    await using host = await ferryHost(t, { imageRoot: makeImages(directory) });
    using screens = new Screens(directory, { columns, rows: 24, environment: environmentOf(directory, host, colour) });
    const seen = await walk(screens, server);
    const shown = seen.map(([title, screen]) => `=== ${title}\n${neutral(screen, host.imageRoot)}\n`).join('\n');
    compare(projectFile('test', 'snapshots', `${name}.txt`), colour ? shown : withoutColours(shown));
  });
}

/** Images whose listing is the same everywhere. */
function makeImages(directory: TemporaryDirectory): string {
  const root = join(directory.path, 'x'.repeat(rootLength - '//images'.length - directory.path.length), 'images');
  assert.equal(root.length, rootLength);
  mkdirSync(join(root, 'debian-bookworm'), { recursive: true });
  writeFileSync(join(root, 'appliance.raw'), '');
  truncateSync(join(root, 'appliance.raw'), size);
  return root;
}

/** A place where `ferryctl` is installed, and finds the service without an address that differs from run to run. */
function environmentOf(directory: TemporaryDirectory, host: FerryHost, colour: boolean): Record<string, string> {
  for (const name of ['bin', 'lib', 'run/ferry']) mkdirSync(directory.file(name), { recursive: true });
  symlinkSync(host.socket, directory.file('run', 'ferry', 'io.ferry.Transfer'));
  symlinkSync(clientProgram, directory.file('lib', 'ferryctl.js'));
  symlinkSync('../lib/ferryctl', directory.file('bin', 'ferryctl'));
  // Commands on transfers take no image directory.
  const root = `case $1 in list-transfers | cancel-transfer) root= ;; *) root='--image-root=${host.imageRoot}' ;; esac\n`;
  const command = `${root}exec '${process.execPath}' '${directory.file('lib', 'ferryctl.js')}' --user \${root:+"$root"}`;
  writeFileSync(directory.file('lib', 'ferryctl'), `#!/bin/sh\n${command} "$@"\n`, { mode: 0o755 });
  return {
    PATH: `${directory.file('bin')}:${process.env['PATH']}`,
    HOME: directory.path,
    XDG_RUNTIME_DIR: directory.file('run'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    SYSTEMD_PAGER: '',
    // Later versions of tmux show links in what they capture.
    SYSTEMD_URLIFY: '0',
    ...(colour ? {} : { NO_COLOR: '1' }),
  };
}

/** All screens in turn, with a title each. */
async function walk(screens: Screens, server: FaultServer): Promise<[string, string][]> {
  const seen: [string, string][] = [];
  const lines: [title: string, line: string][] = [
    ['help', 'ferryctl --help'],
    ['help of a verb', 'ferryctl pull-raw --help'],
    ['list images', 'ferryctl list-images'],
    ['no transfers', 'ferryctl list-transfers'],
    ['a verb that is not known', 'ferryctl list-image'],
    ['an option that is not known', 'ferryctl list-images --clss=machine'],
    ['a value that is not known', 'ferryctl list-images --class=machin'],
    ['an image that is not there', 'ferryctl remove-image debian-bookwrm'],
    ['a file that is not there', `ferryctl pull-raw --verify=no ${server.serve('/no.raw', '', { status: 404 })}`],
  ];
  for (const [title, line] of lines) seen.push([title, await screens.run(line).shows(ended)]);
  const see = async (title: string, screen: Promise<string>) => void seen.push([title, await screen]);
  await seePulls(screens, server, see);
  return seen;
}

/** A pull that is watched to its end, and one that is left to the background. */
async function seePulls(
  screens: Screens,
  server: FaultServer,
  see: (title: string, screen: Promise<string>) => Promise<void>,
): Promise<void> {
  const first = new HeldFile();
  const watched = screens.run(
    `ferryctl pull-raw --verify=no ${server.serve('/debian.raw', '', { hook: first.answer })}`,
  );
  await see('progress', first.holdAtHalf(watched));
  await see('a server that sends nothing more', watched.shows(/stalled +for/));
  first.sendRest();
  await see('the end of a pull', watched.shows(ended));

  const second = new HeldFile();
  const url = server.serve('/fedora-with-a-long-name.raw', '', { hook: second.answer });
  const left = screens.run(`ferryctl pull-raw --verify=no ${url}`);
  await second.holdAtHalf(left);
  left.press('C-c');
  await see('detached', left.shows(ended));
  const view = screens.run('ferryctl list-transfers --watch');
  await see('watch transfers', view.shows(/ 50%/, /stalled/, /Ctrl-C/));
  view.press('C-c');
  await see('the end of the watch', view.shows(ended));
  await see('list transfers', screens.run('ferryctl list-transfers').shows(ended));
  await see('cancelled', screens.run('ferryctl cancel-transfer 3').shows(ended));
}

/** A file of which a server sends half, and all when it is told to. */
class HeldFile {
  #response: ServerResponse | undefined;
  #left = size / 2;

  readonly answer = (_request: IncomingMessage, response: ServerResponse): void => {
    this.#response = response.writeHead(200, { 'Content-Length': size });
    response.write(Buffer.alloc(size / 2, 1));
  };

  /** Progress is told when something comes and only now and then, a rate later still: so some bytes follow. */
  async holdAtHalf(screen: Screen): Promise<string> {
    const timer = setInterval(() => {
      if (this.#response?.write('\x01') !== undefined) this.#left -= 1;
    }, 300);
    const shown = await screen.shows(/ 50%/, /4M\/8M/, /\d[BKM]\/s/, /left/);
    clearInterval(timer);
    return shown;
  }

  sendRest(): void {
    this.#response?.end(Buffer.alloc(this.#left, 1));
  }
}

/** Without what differs from run to run; nothing changes its place. */
function neutral(screen: string, imageRoot: string): string {
  // A path that the end of a line has broken stays broken there.
  const root = new RegExp([...imageRoot].join('\n?'), 'g');
  return screen
    .replace(root, neutralRoot)
    .replace(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:12345')
    .replace(/(Total: .*) in .*/, '$1 in 2s (4M/s)')
    .replace(/ *\b[\d.]+[BKM]\/s/g, (rate) => '4M/s'.padStart(rate.length))
    .replace(/ *\d+\w+(?: \d+\w+)? left/g, (left) => '1s left'.padStart(left.length))
    .replace(/(?<=\/s) +\d+\w+(?: \d+\w+)?$/gm, (left) => '1s'.padStart(left.length))
    .replace(/ *\bin [\d.]+\w+(?: \d+\w+)?$/gm, (time) => 'in 2s'.padStart(time.length))
    .replace(/ *\bfor \d+\w+$/gm, (time) => 'for 5s'.padStart(time.length))
    .replace(/(?:\w{3} )?\d{4}-\d\d-\d\d(?: \d\d:\d\d)?(?::\d\d UTC)?/g, neutralTime);
}

function neutralRoot(path: string): string {
  const neutral = [...`${'/var/tmp/'.padEnd(rootLength - '/images'.length, 'x')}/images`];
  return path.replace(/[^\n]/g, () => neutral.shift() ?? '');
}

function neutralTime(time: string): string {
  const whole = 'Mon 2026-01-05 12:34:56 UTC';
  const begin = /^\d/.test(time) ? 'Mon '.length : 0;
  return whole.slice(begin, begin + time.length);
}

function compare(path: string, shown: string): void {
  if (isAccepting) writeFileSync(path, shown);
  const expected = readFileSync(path, 'utf8').split(/^(?==== )/m);
  const found = shown.split(/^(?==== )/m);
  // One by one: a difference is told with the screen that it is on.
  found.forEach((screen, index) => {
    assert.equal(screen, expected[index]);
  });
  assert.equal(found.length, expected.length);
}
