/** Pulls, imports and exports of container images that are ended in the middle, and services that are. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { shell } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { layoutArchive } from '../../support/registry/archives.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeImage } from '../../support/registry/images.js';
import { Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';
import { findWorker, untilGone, workersOf } from '../../support/service/workers.js';
import { nothingWasPlaced, processOfTransfer, wasCancelled } from '../../support/texts/transfers.js';
import { waitFor, waitWhile } from '../../support/wait.js';
import { type ClientRun, startClient } from '../remote/client.js';
import { bigLayer, heldBlob, leftovers, setOciScene } from './scene.js';

test('a service that is killed in the middle leaves finished layers for the next one, and nothing else', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const killed = startService(t, here, ['--user', `--listen=${here.socket}`]);
  const imageRoot = here.directory.file('images');
  mkdirSync(imageRoot);
  await using registry = await FakeRegistry.start();
  const [first, second] = [bigLayer('first'), bigLayer('second')];
  const reference = registry.push('x', makeImage({ layers: [first, second] }), 'latest');
  const held = heldBlob(second.bytes);
  registry.blob('x', second, held.faults);
  const wish = { reference, name: 'x', class: 'machine', layout: 'tree', imageRoot } as const;
  const client = await connected(here.socket);
  const running = await Running.begin(client, wish, 'io.ferry.Transfer.PullOci');
  const layers = () => listing(imageRoot).filter((name) => /^\.oci-/.test(name));
  await waitWhile(() => layers().length < 2 || registry.requestsFor(second.digest).length < 1, 5);
  await waitWhile(() => !listing(imageRoot).some((name) => name.startsWith('.#ferry')), 5);
  const workers = workersOf(killed.child.pid ?? 0).map(({ pid }) => pid);
  killed.child.kill('SIGKILL');
  await killed.exit;
  await untilGone(workers);
  await running.done;
  assert.match(String(running.error), /closed/);
  const finished = [`.oci-${first.digest}`, `.oci-${first.digest}.layer`];
  assert.deepEqual(layers(), finished);
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  await waitWhile(() => listing(imageRoot).length > 2);
  assert.deepEqual(listing(imageRoot), finished);
  held.open();
  using again = await connected(here.socket);
  await new TransferClient(again).pullOci(wish);
  assert.equal(registry.requestsFor(first.digest).length, 1);
  assert.equal(registry.requestsFor(second.digest).length, 2);
  for (const name of ['first', 'second']) assert.equal(readFileSync(join(imageRoot, 'x', name)).length, 3 * 2 ** 20);
});

interface Begun {
  readonly host: FerryHost;
  readonly client: ClientRun;
  /** What the image root and the directory of files have when all is over. */
  readonly images: readonly string[];
  readonly files: readonly string[];
  /** Lets it go on, if it has not been ended. */
  readonly open: () => void;
}

const beginnings: Readonly<Record<string, (t: TestContext, files: string) => Promise<Begun>>> = {
  'pull-oci': async (t) => {
    const { host, registry, layers } = await setOciScene(t);
    const [first, second] = [bigLayer('first'), bigLayer('second')];
    const reference = registry.push('held', makeImage({ layers: [first, second] }), 'latest');
    const held = heldBlob(second.bytes);
    registry.blob('held', second, held.faults);
    const client = start(host, ['pull-oci', '--layout=tree', reference, 'x']);
    await waitWhile(() => layers().length < 1 || registry.requestsFor(second.digest).length < 1, 5);
    return { host, client, images: [`.oci-${first.digest}`, `.oci-${first.digest}.layer`], files: [], open: held.open };
  },
  'import-oci': async (t) => {
    const host = await ferryHost(t);
    const archive = layoutArchive([{ image: makeImage({ layers: [bigLayer('one')] }) }]);
    const client = start(host, ['import-oci', '--layout=tree', '-', 'x'], true);
    client.child.stdin?.write(archive.subarray(0, archive.length / 2));
    await untilPhase(host, 'importing');
    return { host, client, images: [], files: [], open: () => client.child.stdin?.end() };
  },
  'export-oci': async (t, files) => {
    const host = await ferryHost(t);
    mkdirSync(join(host.imageRoot, 'x'));
    shell('head -c 200000000 /dev/urandom >"$1/big"', [join(host.imageRoot, 'x')]);
    const client = start(host, ['export-oci', '--format=gzip', 'x', join(files, 'x.oci')]);
    await untilPhase(host, 'exporting');
    return { host, client, images: ['x'], files: [], open: () => {} };
  },
};

function start(host: FerryHost, parameters: readonly string[], open = false): ClientRun {
  return startClient([`--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`, ...parameters], { open });
}

interface Listed {
  readonly id: number;
  readonly phase: string;
}

async function transfersOf(host: FerryHost): Promise<Listed[]> {
  return JSON.parse((await host.ferryctl(['-j', 'list-transfers'])).stdout);
}

async function untilPhase(host: FerryHost, phase: string): Promise<void> {
  await waitWhile(async () => !(await transfersOf(host)).some((each) => each.phase === phase));
}

async function assertNothingLeft({ host, images, files }: Begun, directory: string): Promise<void> {
  await waitWhile(async () => (await transfersOf(host)).length > 0);
  assert.deepEqual(workersOf(host.service.pid ?? 0), []);
  assert.deepEqual(host.images(), [...images].sort());
  assert.deepEqual(leftovers(host), []);
  assert.deepEqual(readdirSync(directory).sort(), files);
  assert.doesNotMatch(host.log(), /at .*\.js:|made a mistake/);
}

for (const [verb, begin] of Object.entries(beginnings)) {
  // A pull does not need its client.
  const ends =
    verb === 'pull-oci' ? 'goes on without its client, and when it is cancelled' : 'ends with its client, and';
  test(`${verb} ${ends} leaves nothing half`, async (t) => {
    if (!needsService(t)) return;
    // A killed client of an export leaves its temporary file: see faults/exports.
    const ways = ['SIGINT', 'cancel', ...(verb === 'export-oci' ? [] : ['SIGKILL' as const])] as const;
    for (const how of ways) {
      await t.test(how, async (t) => {
        const files = place(t).directory.file('home');
        const begun = await begin(t, files);
        const [transfer] = await transfersOf(begun.host);
        if (how === 'cancel')
          assert.equal((await begun.host.ferryctl(['cancel-transfer', String(transfer?.id)])).status, 0);
        else begun.client.child.kill(how);
        const { status, stderr } = await begun.client.ended;
        if (how === 'cancel') {
          assert.equal(status, 10, stderr);
          assert.ok(stderr.includes(verb === 'export-oci' ? 'cancelled' : wasCancelled), stderr);
        }
        if (how !== 'cancel' && verb === 'pull-oci') {
          begun.open();
          await waitWhile(async () => (await transfersOf(begun.host)).length > 0);
          assert.ok(begun.host.images().includes('x'), begun.host.log());
          return;
        }
        await assertNothingLeft(begun, files);
      });
    }
  });
}

for (const name of ['fetch', 'decode'] as const) {
  test(`a ${name} process of an import of a container image that is killed is one failed import`, async (t) => {
    if (!needsProduct(t) || !needsService(t)) return;
    const files = place(t).directory.file('home');
    const begun = await (beginnings['import-oci'] ?? assert.fail)(t, files);
    const pid = await findWorker(begun.host.service.pid ?? 0, name);
    process.kill(pid, 'SIGKILL');
    const { status, stderr } = await waitFor(() => begun.client.ended, 5);
    assert.notEqual(status, 0);
    assert.ok(
      stderr.includes(`${processOfTransfer(name)} ended unexpectedly, by SIGKILL; ${nothingWasPlaced}`),
      stderr,
    );
    await assertNothingLeft(begun, files);
  });
}
