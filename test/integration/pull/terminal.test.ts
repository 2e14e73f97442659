import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { clientProgram, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { needsTerminal, readable, runOnTerminal } from '../../support/terminal/terminal.js';
import { waitWhile } from '../../support/wait.js';

test('on a terminal a pull shows how far it is, and Ctrl-C leaves it to the background', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needsTerminal(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  const size = 8 << 20;
  writeFileSync(join(release.path, 'large.raw'), Buffer.alloc(size, 'x'));
  await using server = await nginx(t, release.path);
  await using host = await ferryHost(t);
  const address = [`--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`];
  const pull = ['pull-raw', '-N', '--verify=no', '--limit-rate=256K', `${server.url}/large.raw`];
  const terminal = runOnTerminal(t, [process.execPath, clientProgram, ...address, ...pull], { columns: 100 });
  await terminal.shows(/\d+%/);
  terminal.type('\x03');
  assert.equal(await terminal.ended(), 18);
  const shown = readable(terminal.transcript());
  assert.match(shown, /background/);
  assert.match(shown, /cancel-transfer \d+/);
  for (const line of shown.split('\n').filter((each) => each.includes('%')))
    assert.ok(line.length <= 100, `wider than the terminal: ${line}`);
  // It goes on without us, to its end.
  const imageSize = () => statSync(join(host.imageRoot, 'large.raw'), { throwIfNoEntry: false })?.size;
  await waitWhile(() => imageSize() === undefined, 100);
  assert.equal(imageSize(), size);
});

test('where there is no terminal nothing is drawn over', async (t) => {
  if (!needsProduct(t) || !needsNginx(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  await using server = await nginx(t, release.path);
  await using host = await ferryHost(t);
  const { status, stdout, stderr } = await host.ferryctl([
    'pull-tar',
    '--verify=checksum',
    `${server.url}/tiny.tar.gz`,
  ]);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout + stderr, /[\x00-\x09\x0b-\x1f\x7f]/);
});
