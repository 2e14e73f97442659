import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockImage } from '../../../service/images/install/locks.js';
import { digestOf } from '../../support/files.js';
import { testHost } from '../../support/images/image-root.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';

async function succeed(host: FerryHost, ...parameters: string[]): Promise<string> {
  const { status, stdout, stderr } = await host.ferryctl(parameters);
  assert.equal(status, 0, stderr);
  return stdout;
}

async function listed(host: FerryHost, ...options: string[]): Promise<string[]> {
  const shown = await succeed(host, 'list-images', '--json=short', '--columns=name', ...options);
  return JSON.parse(shown).map(({ name }: { name: string }) => name);
}

test('images are listed by where they came from, how that was verified, and whether they are in use', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  await using host = await ferryHost(t);
  const url = server.serve('/some/disk.raw', Buffer.alloc(1 << 20, 1));
  const file = join(host.home, 'local.raw');
  writeFileSync(file, Buffer.alloc(1 << 20, 1));
  await succeed(host, '--verify=no', 'pull-raw', url.replace('://', '://user:word@'), 'plain');
  await succeed(host, `--digest=sha256:${digestOf(file)}`, '-N', 'pull-raw', `${url}?token=7`, 'digest');
  await succeed(host, 'import-raw', file, 'import');
  await succeed(host, 'clone-image', 'digest', 'clone');
  mkdirSync(join(host.imageRoot, 'foreign'));

  for (const [filter, names] of [
    ['source=/some/', ['clone', 'digest', 'plain']],
    [`source=${url}`, ['clone', 'digest', 'plain']],
    ['source=*.raw', ['plain']],
    ['source=word', []],
    ['verification=no', ['plain']],
    ['verification=digest', ['clone', 'digest']],
    ['verification=none', ['foreign', 'import']],
    ['verification=none,type=raw', ['import']],
    ['unused', ['clone', 'digest', 'foreign', 'import', 'plain']],
    ['unused=no', []],
  ] as const)
    assert.deepEqual(await listed(host, `--filter=${filter}`), names, filter);

  {
    using _lock = lockImage(join(host.imageRoot, 'clone.raw'), 'clone', 'shared', testHost(host.home));
    assert.deepEqual(await listed(host, '--filter=unused=no'), ['clone']);
  }

  const hidden = async () => (await listed(host, '--all', '--filter=unused')).filter((name) => name.startsWith('.'));
  assert.deepEqual(await hidden(), []);
  await succeed(host, 'remove-image', 'plain', 'import', 'clone', 'digest');
  const [download = ''] = await hidden();
  assert.match(download, /^\.raw-/);
  const planned = JSON.parse(await succeed(host, '--json=short', 'clean', '--unused', '--dry-run'));
  assert.deepEqual(
    planned.map(({ path }: { path: string }) => path),
    [join(host.imageRoot, `${download}.raw`)],
  );
  const columns = JSON.parse(
    await succeed(host, 'list-images', '--all', '--json=short', '--columns=source,verification,unused'),
  );
  assert.deepEqual(columns, [
    { source: url, verification: 'no', unused: true },
    { source: null, verification: null, unused: true },
  ]);
});
