import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';

interface Told {
  operation: string;
  name: string | null;
  newName: string | null;
  error: string | null;
  replaced: boolean;
  verification: string | null;
  url: string | null;
  uid: number;
  bytes: number | null;
  count: number | null;
  transfer: number | null;
}

async function told(host: FerryHost, ...parameters: string[]): Promise<Told[]> {
  const { status, stdout, stderr } = await host.ferryctl(['--json=short', 'history', ...parameters]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('history tells what was done to images, what failed, and by whom, after it is certain', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  await using host = await ferryHost(t);
  const run = async (...parameters: string[]) => (await host.ferryctl(parameters)).status;
  const url = server.serve('/disk.raw', Buffer.alloc(1 << 20, 1));
  const secret = url.replace('://', '://user:word@');
  assert.equal(await run('--verify=no', 'pull-raw', secret, 'disk'), 0);
  assert.equal(await run('--verify=no', '--force', '-N', 'pull-raw', url, 'disk'), 0);
  assert.equal(await run('pull-raw', `${url}?token=7`, 'unsigned'), exitStatus.verification);
  const tree = join(host.home, 'source');
  mkdirSync(tree);
  writeFileSync(join(tree, 'file'), 'x');
  assert.equal(await run('import-fs', tree, 'tree'), 0);
  assert.equal(await run('export-tar', 'tree', join(host.home, 'out.tar')), 0);
  assert.equal(await run('rename-image', 'disk', 'other'), 0);
  assert.equal(await run('clone-image', 'other', 'copy'), 0);
  assert.equal(await run('read-only-image', 'copy'), 0);
  assert.equal(await run('read-only-image', 'copy', 'no'), 0);
  assert.equal(await run('remove-image', 'copy'), 0);
  assert.notEqual(await run('remove-image', 'copy'), 0);
  assert.equal(await run('--dry-run', 'clean'), 0);
  assert.equal(await run('clean'), 0);
  const events = await told(host);
  const uid = process.getuid?.();
  assert.deepEqual(
    events.map(({ operation, name, newName, error, replaced }) => [operation, name, newName, error, replaced]),
    [
      ['pull', 'disk', null, null, false],
      ['pull', 'disk', null, null, true],
      ['pull', 'unsigned', null, events[2]?.error, false],
      ['import', 'tree', null, null, false],
      ['export', 'tree', null, null, false],
      ['rename', 'disk', 'other', null, false],
      ['clone', 'other', 'copy', null, false],
      ['make_read_only', 'copy', null, null, false],
      ['make_writable', 'copy', null, null, false],
      ['remove', 'copy', null, null, false],
      ['remove', 'copy', null, 'NoSuchImage', false],
      ['clean', null, null, null, false],
    ],
  );
  assert.ok(events.every((event) => event.uid === uid));
  assert.ok(events[2]?.error && events[2].url === `${url}?token=7`);
  assert.deepEqual([events[0]?.url, events[0]?.verification, events[0]?.bytes], [url, 'no', 1 << 20]);
  assert.ok(Number(events[0]?.transfer) > 0);
  assert.equal(events[11]?.count, 1);
  assert.ok(Number(events[11]?.bytes) >= 1 << 20);
  await t.test('filters', async () => {
    assert.equal((await told(host, 'copy')).length, 5);
    assert.equal((await told(host, 'copy', 'tree')).length, 7);
    assert.deepEqual(
      (await told(host, '-n', '1', 'copy', 'tree')).map(({ operation }) => operation),
      ['remove'],
    );
    assert.equal((await told(host, '--since=tomorrow')).length, 0);
    assert.equal((await told(host, '--until=yesterday')).length, 0);
    assert.equal((await told(host, '--since=-1d', '--lines=3')).length, 3);
    assert.deepEqual(
      (await told(host, '-S')).map(({ operation }) => operation),
      ['clean'],
    );
  });
  await t.test('a table', async () => {
    const { stdout } = await host.ferryctl(['history', 'other']);
    assert.match(stdout, /^TIME +OPERATION +CLASS +NAME +USER +RESULT +VERIFIED +SIZE +URL\n/);
    assert.match(stdout, / rename +machine disk → other +\S+ +done /);
    assert.match(stdout, /\n\n2 events listed\.\n$/);
  });
  await t.test('records that cannot be read are told of', async () => {
    const path = join(host.home, 'state', 'ferry', 'history');
    assert.ok(existsSync(path));
    writeFileSync(path, 'broken\n', { flag: 'a' });
    const { status, stderr } = await host.ferryctl(['history']);
    const warning = "The history may lack something: 1 of its records cannot be read; the service's log may say why";
    assert.equal(status, 0);
    assert.ok(stderr.includes(warning), stderr);
  });
});
