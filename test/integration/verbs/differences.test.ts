import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { digestOf, write } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { makeDisk, makeTree, packWithTar } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { inShell } from '../../support/service/client-streams.js';
import { clientProgram, needsProduct } from '../../support/service/ferry-host.js';
import { onEachScene, Scene } from '../../support/service/scene.js';

/* What importctl and its helpers do poorly, and Ferry does not: see docs/differences.md, which names these tests. */

function ready(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { root: true, programs: ['tar', 'setfacl', 'setfattr', 'setpriv'] });
}

test('a second pull of a URL without an ETag, of a very long one, and of a file: URL works', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const archive = packWithTar(makeTree(scene.file('tree')), scene.file('tree.tar'));
    const [diskBytes, archiveBytes] = [readFileSync(disk), readFileSync(archive)];
    const long = 'x'.repeat(300);
    const cases: [what: string, verb: 'pull-raw' | 'pull-tar', url: string][] = [
      ['no ETag, disk', 'pull-raw', server.serve('/plain/disk.raw', diskBytes, { etags: ['none'] })],
      ['no ETag, tree', 'pull-tar', server.serve('/plain/tree.tar', archiveBytes, { etags: ['none'] })],
      [
        'an ETag without quotes',
        'pull-raw',
        server.serve('/unquoted/disk.raw', diskBytes, { etags: ['none'], headers: { ETag: 'abc' } }),
      ],
      ['a weak ETag', 'pull-raw', server.serve('/weak/disk.raw', diskBytes, { etags: ['W/"abc"'] })],
      ['a long URL, disk', 'pull-raw', `${server.serve('/long/disk.raw', diskBytes)}?${long}`],
      ['a long URL, tree', 'pull-tar', `${server.serve('/long/tree.tar', archiveBytes)}?${long}`],
      ['file:, disk', 'pull-raw', `file://${disk}`],
      ['file:, tree', 'pull-tar', `file://${archive}`],
    ];
    for (const [what, verb, url] of cases) {
      await t.test(what, async () => {
        scene.clearImages();
        for (const name of ['first', 'second']) await scene.succeed(verb, '-m', '--verify=no', url, name);
        await scene.succeed(verb, '-m', '--verify=no', '--force', url, 'first');
        for (const name of ['first', 'second']) {
          if (verb === 'pull-raw') assert.equal(digestOf(scene.image(`${name}.raw`)), digestOf(disk));
          else assert.deepEqual(compareTrees(scene.file('tree'), scene.image(name)), []);
        }
        assert.equal(scene.host.images().filter((name) => /^\.(raw|tar)-/.test(name)).length, 1);
      });
    }
  });
});

test('padding that comes late is waited for, from a server and from a pipe', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const archive = packWithTar(makeTree(scene.file('tree')), scene.file('tree.tar'));
    await t.test('pull-tar', async () => {
      const url = server.serve('/late.tar', readFileSync(archive), { lateMilliseconds: 700 });
      await scene.succeed('pull-tar', '-mN', '--verify=no', url, 'pulled');
      assert.deepEqual(compareTrees(scene.file('tree'), scene.image('pulled')), []);
    });
    await t.test('import-tar', () => {
      const { status, stderr } = inShell(
        scene,
        '(head -c -5120 tree.tar; sleep 0.7; tail -c 5120 tree.tar) | "$@" import-tar -m - imported',
      );
      assert.equal(status, 0, stderr);
      assert.deepEqual(compareTrees(scene.file('tree'), scene.image('imported')), []);
    });
  });
});

test('sidecars are verified by checksum files of their own, and none is placed that nobody vouches for', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const settings = '[Exec]\nBoot=no\n';
    const url = server.serve('/disk.raw', readFileSync(disk));
    server.serve('/disk.nspawn', settings);
    server.serve('/disk.raw.sha256', `${digestOf(disk)} *./disk.raw`);
    assert.match(
      await scene.fail(6, 'pull-raw', '-mN', '--verify=checksum', url),
      /disk\.nspawn.*disk\.raw\.sha256 does not list/,
    );
    assert.deepEqual(scene.host.images(), []);
    server.serve(
      '/disk.nspawn.sha256',
      `SHA256 (disk.nspawn) = ${digestOf(write(scene.file('s'), settings)).toUpperCase()}\r\n`,
    );
    await scene.succeed('pull-raw', '-mN', '--verify=checksum', url);
    assert.deepEqual(scene.host.images(), ['disk.nspawn', 'disk.raw']);
  });
});

test('a .verity file may be as large as it needs to be', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const url = server.serve('/disk.raw', readFileSync(makeDisk(scene.file('disk.raw'))));
    server.serve('/disk.verity', Buffer.concat([Buffer.from('verity\0\0'), Buffer.alloc((3 << 20) - 8, 'v')]));
    await scene.succeed('pull-raw', '-mN', '--verify=no', url);
    assert.equal(statSync(scene.image('disk.verity')).size, 3 << 20);
  });
});

test('optional files that are not there are not worth a word', async (t) => {
  if (!ready(t)) return;
  await using server = await FaultServer.start();
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const url = server.serve('/disk.raw', readFileSync(disk));
    server.serve('/SHA256SUMS', `${digestOf(disk)}  disk.raw\n`);
    const quiet = await scene.host.ferryctl(['pull-raw', '-mNq', '--verify=checksum', url]);
    assert.deepEqual(quiet, { status: 0, stdout: '', stderr: '' });
    const loud = await scene.host.ferryctl(['pull-raw', '-mN', '--verify=checksum', '--force', url]);
    assert.doesNotMatch(loud.stderr, /404|roothash|\.nspawn|verity/);
  });
});

test('what cannot have room is refused before it is copied', async (t) => {
  if (!ready(t)) return;
  await onEachScene(t, ['ext4', 'xfs'], async (t, scene) => {
    const disk = write(scene.file('disk.raw'), Buffer.alloc(6 << 20, 'x'));
    await scene.succeed('import-raw', disk, 'image');
    const small = scene.file('small');
    shell('mkdir "$1"; mount -t tmpfs -o size=4m tmpfs "$1"', [small]);
    await t.test('export-raw', async () => {
      const stderr = await scene.fail(8, 'export-raw', 'image', `${small}/disk.raw`);
      assert.match(stderr, /6291456 bytes of data, and there is room for 4194304/);
      assert.equal(run('ls', ['-A', small]), '');
    });
    await t.test('import-raw and import-fs', async () => {
      shell('mkdir "$1"; cp "$2" "$1"', [scene.file('tree'), disk]);
      for (const [verb, path] of [
        ['import-raw', disk],
        ['import-fs', scene.file('tree')],
      ] as const) {
        const { status, stderr } = await scene.host.ferryctl([verb, `--image-root=${small}`, path, 'image']);
        assert.equal(status, 8);
        assert.match(stderr, /6291456 bytes of data, and there is room for/);
        assert.equal(run('ls', ['-A', small]), '');
      }
    });
  });
});

test('--force takes the old image’s sidecars away', async (t) => {
  if (!ready(t)) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    await scene.succeed('import-raw', disk, 'image');
    for (const suffix of ['.verity', '.roothash', '.roothash.p7s'])
      write(scene.image(`image${suffix}`), 'of the old image');
    await scene.succeed('import-raw', '--force', disk, 'image');
    assert.deepEqual(scene.host.images(), ['image.raw']);
  });
});

test('directories that an archive does not mention can be entered by all', async (t) => {
  if (!ready(t)) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    makeTree(scene.file('tree'));
    await scene.succeed(
      'import-tar',
      packWithTar(scene.file('tree'), scene.file('part.tar'), './usr/bin/tool'),
      'image',
    );
    for (const path of ['.', 'usr', 'usr/bin'])
      assert.equal(statSync(scene.image('image', path)).mode & 0o7777, 0o755, path);
  });
});

test('everybody may list images and transfers', async (t) => {
  if (!ready(t)) return;
  const scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  for (const verb of ['list-images', 'list-transfers']) {
    const command = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, clientProgram];
    const { status, stdout, stderr } = shellOut('setpriv', [
      ...command,
      `--address=unix:${scene.host.socket}`,
      verb,
      '--json=short',
    ]);
    assert.equal(status, 0, stderr);
    assert.ok(Array.isArray(JSON.parse(stdout)));
  }
});

function shellOut(program: string, parameters: string[]) {
  const outcome = shell('set +e; "$@" 2>&1; echo "status $?"', [program, ...parameters]);
  const [, stdout = '', status = ''] = /^([\s\S]*)status (\d+)\n$/.exec(outcome) ?? [];
  return { status: Number(status), stdout, stderr: stdout };
}
