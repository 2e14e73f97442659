import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { env } from 'node:process';
import { type TestContext, test } from 'node:test';
import { compareTrees } from '../support/images/compare-trees.js';
import { type FerryHost, ferryHost } from '../support/service/ferry-host.js';

// Runs in the roots of run.sh, which have few programs: what these tests need is in the material, or made by Ferry.
const material = env['FERRY_HOST_MATERIAL'] ?? '';
const compressions = ['uncompressed', 'gzip', 'xz', 'zstd', 'bzip2'];
/** A list that waits for node's next timer takes 30 s, so that five would take longer. */
const hangMilliseconds = 140_000;

test('a tree is pulled, verified by signature, and is what was packed, whatever its compression', async (t) => {
  await using host = await ferryHost(t);
  const url = await serve(t);
  for (const suffix of ['tar', 'tar.gz', 'tar.xz', 'tar.zst', 'tar.bz2']) {
    const name = `pulled-${suffix.replace('.', '-')}`;
    const keyring = `--keyring=${join(material, 'keyring.gpg')}`;
    await succeed(host, 'pull-tar', '-m', '--verify=signature', keyring, `${url}/tiny.${suffix}`, name);
    assertTree(join(host.imageRoot, name));
  }
});

test('a tree that is not what was signed is refused', async (t) => {
  await using host = await ferryHost(t);
  const url = await serve(t, (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]));
  const keyring = `--keyring=${join(material, 'keyring.gpg')}`;
  const parameters = ['pull-tar', '-m', '--verify=signature', keyring, `${url}/tiny.tar`, 'spoilt'];
  const { status, stderr } = await host.ferryctl(parameters);
  assert.equal(status, 6, stderr);
  assert.deepEqual(
    host.images().filter((name) => !name.startsWith('.')),
    [],
  );
});

for (const compression of compressions) {
  test(`a tree that is exported with ${compression} and imported again is the same`, async (t) => {
    await using host = await ferryHost(t);
    await succeed(host, 'import-tar', '-m', join(material, 'served', 'tiny.tar'), 'image');
    const exported = join(host.home, 'exported');
    await succeed(host, 'export-tar', '-m', `--format=${compression}`, 'image', exported);
    await succeed(host, 'import-tar', '-m', exported, 'again');
    assertTree(join(host.imageRoot, 'again'));
  });

  test(`a disk that is exported with ${compression} and imported again is the same`, async (t) => {
    await using host = await ferryHost(t);
    const disk = join(material, 'disk.raw');
    await succeed(host, 'import-raw', '-m', disk, 'image');
    const exported = join(host.home, 'exported');
    await succeed(host, 'export-raw', '-m', `--format=${compression}`, 'image', exported);
    await succeed(host, 'import-raw', '-m', exported, 'again');
    assert.equal(await digest(join(host.imageRoot, 'again.raw')), await digest(disk));
  });
}

for (const kind of ['zlib', 'zstd']) {
  test(`a qcow2 with ${kind} clusters becomes the disk that it was made of`, async (t) => {
    await using host = await ferryHost(t);
    await succeed(host, 'pull-raw', '-m', '--verify=checksum', `${await serve(t)}/${kind}.qcow2`, 'disk');
    assert.equal(await digest(join(host.imageRoot, 'disk.raw')), await digest(join(material, 'disk.raw')));
  });
}

test('lists are answered without a wait for some other event', async (t) => {
  await using host = await ferryHost(t);
  const late = AbortSignal.timeout(hangMilliseconds);
  for (let count = 0; count < 5; count++) {
    const { stdout, stderr } = await succeed(host, 'list-transfers');
    assert.match(stdout + stderr, /^No transfers/);
  }
  assert.equal(late.aborted, false, 'five lists waited for timers');
});

async function succeed(host: FerryHost, ...parameters: string[]) {
  const outcome = await host.ferryctl(parameters);
  assert.equal(outcome.status, 0, `${parameters.join(' ')}: ${outcome.stderr}\n${host.log()}`);
  return outcome;
}

/** An ordinary user cannot give files away: theirs belong to them, and do not change to their user for whoever runs them. */
function assertTree(path: string): void {
  const ignoreOwners = process.getuid?.() !== 0;
  const ignoreAttribute = (name: string) => name.startsWith('user.');
  const expected = ignoreOwners ? ['usr/bin/tool: mode 755 instead of 4755'] : [];
  assert.deepEqual(compareTrees(join(material, 'tree'), path, { ignoreOwners, ignoreAttribute }), expected);
}

/** Serves the material on a free port of loopback, tar archives as `change` makes them. */
async function serve(t: TestContext, change = (bytes: Buffer) => bytes): Promise<string> {
  const server = createServer((request, response) => {
    const name = basename(request.url ?? '');
    try {
      const bytes = readFileSync(join(material, 'served', name));
      response.end(name.includes('.tar') ? change(bytes) : bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}
