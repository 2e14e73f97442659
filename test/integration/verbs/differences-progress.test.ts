import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Progress, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { run, shell } from '../../support/command.js';
import { digestOf, opened } from '../../support/files.js';
import { makeDisk, makeTree, packWithTar } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { clientProgram, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { onEachScene } from '../../support/service/scene.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitWhile } from '../../support/wait.js';

/* What importctl and its helpers do poorly, and Ferry does not: see docs/differences.md, which names these tests. */

function ready(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { root: true, programs: ['tar', 'setfacl', 'setfattr', 'setpriv'] });
}

test('a download that is cut off goes on where it stopped', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const bytes = readFileSync(disk);
    const url = server.serve('/disk.raw', bytes, { cutAt: 3 << 20 });
    await scene.succeed('pull-raw', '-mN', '--verify=no', url);
    assert.equal(digestOf(scene.image('disk.raw')), digestOf(disk));
    assert.ok(server.sentFor('/disk.raw') < bytes.length + (1 << 20), 'it was begun anew');
  });
});

test('--limit-rate= is kept to', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const url = server.serve('/disk.raw', Buffer.alloc(2 << 20, 'x'));
    const pulling = scene.host.ferryctl(['pull-raw', '-mN', '--verify=no', '--limit-rate=200K', url]);
    await sleep(1500);
    assert.deepEqual(JSON.parse(await scene.succeed('list-transfers', '--json=short')).length, 1);
    assert.equal((await pulling).status, 0);
  });
});

/** What a call says of its progress. */
async function progressOf(replies: AsyncIterable<{ progress?: Progress | null }>): Promise<Progress[]> {
  const seen: Progress[] = [];
  for await (const { progress } of replies) if (progress) seen.push({ ...progress });
  return seen;
}

test('progress has a total in every case, and comes to it', async (t) => {
  if (!ready(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const tree = makeTree(scene.file('tree'));
    for (let index = 0; index < 300; index += 1) writeFileSync(`${tree}/file${index}`, Buffer.alloc(3000, 'x'));
    const archive = packWithTar(tree, scene.file('tree.tar'));
    shell('gzip -k "$1" "$2"', [disk, archive]);
    const where = { class: 'machine', imageRoot: scene.host.imageRoot, fileDescriptor: 0, force: true } as const;
    const imports: [what: string, format: 'tar' | 'raw' | 'directory', path: string][] = [
      ['import-tar', 'tar', archive],
      ['import-tar, compressed', 'tar', `${archive}.gz`],
      ['import-raw', 'raw', disk],
      ['import-raw, compressed', 'raw', `${disk}.gz`],
      ['import-fs', 'directory', tree],
    ];
    const check = (progress: Progress[]) => {
      const last = progress.filter(({ bytesTotal }) => bytesTotal !== null).at(-1);
      assert.ok(last, 'there never was a total');
      assert.ok(Number(last.bytesTotal) > 0);
      assert.ok(
        Number(last.bytesDone) >= 0.95 * Number(last.bytesTotal) &&
          Number(last.bytesDone) <= Number(last.bytesTotal) * 1.05,
        JSON.stringify(last),
      );
    };
    for (const [what, format, path] of imports) {
      await t.test(what, async () => {
        using client = await scene.connect();
        using file = opened(path, 'r');
        const name = format === 'raw' ? 'disk' : 'tree';
        const call = new TransferClient(client).importMore({ ...where, format, name }, { descriptors: [file.fd] });
        check(await progressOf(call));
      });
    }
    for (const [format, name] of [
      ['tar', 'tree'],
      ['raw', 'disk'],
    ] as const) {
      for (const compression of ['uncompressed', 'zstd'] as const) {
        await t.test(`export-${format}, ${compression}`, async () => {
          using client = await scene.connect();
          using file = opened('/dev/null', 'w');
          const { force: _, ...parameters } = where;
          const call = new TransferClient(client).exportMore(
            { ...parameters, format, name, compression },
            { descriptors: [file.fd] },
          );
          check(await progressOf(call));
        });
      }
    }
  });
});

test('a client whose service is killed in mid-transfer fails at once', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  run('mkfifo', [directory.file('fifo')]);
  using fifo = opened(directory.file('fifo'), 'r+');
  const child = spawn(
    process.execPath,
    [clientProgram, `--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`, 'import-raw', '-', 'x'],
    {
      stdio: [fifo.fd, 'ignore', 'pipe'],
    },
  );
  const exit = once(child, 'exit');
  using client = await VarlinkClient.connect(`unix:${host.socket}`);
  const transfers = new TransferClient(client);
  await waitWhile(async () => (await transfers.list({})).transfers.length === 0, 20);
  host.service.kill('SIGKILL');
  const [status] = await exit;
  assert.equal(status, 13);
});
