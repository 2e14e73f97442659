import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { digestOf, opened } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { compress, makeDisk, makeTree, packWithTar } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { runWithStreams } from '../../support/service/client-streams.js';
import { clientProgram, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { Scene } from '../../support/service/scene.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { runOnTerminal } from '../../support/terminal/terminal.js';
import { waitFor } from '../../support/wait.js';

/* importctl(1) of systemd 258: its examples as they are written, and every verb, option, value and variable it names. */

function ready(t: TestContext): boolean {
  const tools = { root: true, programs: ['gpg', 'qemu-img', 'tar', 'xz', 'setfacl', 'setfattr', 'setpriv'] };
  return needsProduct(t) && needsNginx(t) && needs(t, tools);
}

test('the three examples, with the URL of a local server', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  const served = directory.file('served', 'jammy', 'current');
  mkdirSync(served, { recursive: true });
  const tree = makeTree(directory.file('tree'));
  const disk = makeDisk(directory.file('disk'));
  shell('truncate -s %512 "$1"', [disk]);
  compress(packWithTar(tree, `${served}/jammy-server-cloudimg-amd64-root.tar`), '.xz');
  run('qemu-img', ['convert', '-O', 'qcow2', '-f', 'raw', disk, `${served}/jammy-server-cloudimg-amd64-disk-kvm.img`]);
  shell('cd "$1"; sha256sum *.xz *.img >SHA256SUMS', [served]);
  using keys = new KeyRoom();
  const key = keys.createKey('images@ferry.invalid');
  writeFileSync(`${served}/SHA256SUMS.gpg`, keys.sign(key, readFileSync(`${served}/SHA256SUMS`)));
  writeFileSync(directory.file('keyring.pgp'), keys.export([key]));
  await using server = await nginx(t, directory.file('served'));
  await using host = await ferryHost(t, { environment: { SYSTEMD_OPENPGP_KEYRING: directory.file('keyring.pgp') } });
  const url = `${server.url}/jammy/current`;

  await t.test('1: download an Ubuntu TAR image', async () => {
    const { status, stderr } = await host.ferryctl([
      'pull-tar',
      '-mN',
      `${url}/jammy-server-cloudimg-amd64-root.tar.xz`,
    ]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /signature/);
    assert.deepEqual(host.images(), ['jammy-server-cloudimg-amd64-root']);
    assert.deepEqual(compareTrees(tree, `${host.imageRoot}/jammy-server-cloudimg-amd64-root`), []);
  });
  await t.test('2: download an Ubuntu RAW image', async () => {
    const image = `${url}/jammy-server-cloudimg-amd64-disk-kvm.img`;
    const { status, stderr } = await host.ferryctl(['pull-raw', '-mN', image, 'jammy']);
    assert.equal(status, 0, stderr);
    assert.equal(digestOf(`${host.imageRoot}/jammy.raw`), digestOf(disk));
  });
  await t.test('3: export a container image as tar file', async () => {
    await host.ferryctl(['import-fs', '-m', tree, 'fedora']);
    const { status, stderr } = await host.ferryctl(['export-tar', '-m', 'fedora', 'myfedora.tar.xz'], {
      cwd: directory.path,
    });
    assert.equal(status, 0, stderr);
    mkdirSync(directory.file('back'));
    run('tar', ['-xJf', directory.file('myfedora.tar.xz'), '-C', directory.file('back'), '--acls', '--xattrs', '-p']);
    assert.deepEqual(compareTrees(tree, directory.file('back')), []);
  });
});

// ---- Options -------------------------------------------------------------------------------------------------------

const classes = [
  ['machine', '-m', 'machines'],
  ['portable', '-P', 'portables'],
  ['sysext', '-S', 'extensions'],
  ['confext', '-C', 'confexts'],
] as const;

test('--class= and its shortcuts choose the directory, for every verb', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  const disk = makeDisk(directory.file('disk.raw'));
  await using user = ferryUser(t);
  for (const [name, short, folder] of classes) {
    for (const option of [short, `--class=${name}`]) {
      await t.test(option, async () => {
        const image = `${user.home}/state/${folder}/image.raw`;
        const imported = await user.ferryctl(['import-raw', option, disk, 'image']);
        assert.equal(imported.status, 0, imported.stderr);
        assert.ok(statSync(image).isFile());
        const listed = await user.ferryctl(['list-images', option, '--json=short']);
        assert.deepEqual(
          JSON.parse(listed.stdout)
            .map((entry: { class: string; name: string }) => [entry.class, entry.name])
            .filter(([, entry]: string[]) => entry !== '.host'),
          [[name, 'image']],
        );
        const exported = await user.ferryctl(['export-raw', option, 'image', directory.file('out.raw')]);
        assert.equal(exported.status, 0, exported.stderr);
        const removed = await user.ferryctl(['remove-image', option, 'image']);
        assert.equal(removed.status, 0, removed.stderr);
      });
    }
  }
  await t.test('without one: machine; as importctl, which has no default, an error that names all', async () => {
    const imported = await user.ferryctl(['import-raw', disk, 'default']);
    assert.equal(imported.status, 0, imported.stderr);
    assert.ok(statSync(`${user.imageRoot}/default.raw`).isFile());
  });
});

test('--json=, -j, --no-legend and --no-pager on lists', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  const list = async (...options: string[]) => {
    const { status, stdout, stderr } = await host.ferryctl(['list-images', ...options]);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  for (const verb of ['list-images', 'list-transfers']) {
    const { stdout } = await host.ferryctl([verb, '--json=short']);
    assert.equal(stdout, '[]\n', `${verb} without anything to list`);
    assert.match((await host.ferryctl([verb])).stdout, /^No (images|transfers)\.\n$/);
    assert.equal((await host.ferryctl([verb, '--no-legend'])).stdout, '');
  }
  await host.ferryctl(['import-raw', makeDisk(directory.file('disk.raw')), 'image']);
  const table = await list();
  assert.match(table, /^CLASS +NAME +TYPE +PATH +RO +CRTIME +MTIME +USAGE +LIMIT *\n/);
  assert.match(table, /machine +image +raw +\S+\/image\.raw +rw +.* 5M *\n\n1 image listed\.\n$/);
  assert.doesNotMatch(await list('--no-legend'), /CLASS|listed/);
  assert.equal(await list('--json=off'), table);
  assert.equal(await list('--no-pager'), table);
  const [image] = JSON.parse(await list('--json=short'));
  assert.deepEqual(Object.keys(image), ['class', 'name', 'type', 'path', 'ro', 'crtime', 'mtime', 'usage', 'limit']);
  assert.equal(image.limit, 5243905);
  assert.ok((await list('--json=short')).trimEnd().split('\n').length === 1);
  assert.ok((await list('--json=pretty')).split('\n').length > 9);
  assert.equal(await list('-j'), await list('--json=short'));
  for (const option of ['--json', '--verify', '--class', '--format']) {
    const { status, stdout } = await host.ferryctl([`${option}=help`]);
    assert.equal(status, 0);
    assert.ok(stdout.split('\n').length > 3, stdout);
  }
});

test('--quiet, --no-ask-password, --help, --version and --introspect-cli', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  const disk = makeDisk(directory.file('disk.raw'));
  await using host = await ferryHost(t);
  for (const option of ['-q', '--quiet']) {
    const { status, stdout, stderr } = await host.ferryctl(['import-raw', option, '--force', disk, 'image']);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  }
  const loud = await host.ferryctl(['import-raw', '--no-ask-password', '--force', disk, 'image']);
  assert.match(loud.stderr, /Transfer \d+ started\. Ctrl-C .*\n[\s\S]*Image image is ready/);
  for (const parameters of [
    ['-h'],
    ['--help'],
    ['help'],
    ['--version'],
    ['--introspect-cli'],
    ['import-raw', '--help'],
  ]) {
    const { status, stdout, stderr } = await host.ferryctl(parameters);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, parameters.join(' '));
    assert.notEqual(stdout, '');
  }
});

test('$SYSTEMD_OPENPGP_KEYRING replaces all other keyrings', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('served'));
  makeDisk(directory.file('served', 'disk.raw'));
  shell('cd "$1"; sha256sum disk.raw >SHA256SUMS', [directory.file('served')]);
  using keys = new KeyRoom();
  const [good, other] = [keys.createKey('good@ferry.invalid'), keys.createKey('other@ferry.invalid')];
  writeFileSync(
    directory.file('served', 'SHA256SUMS.gpg'),
    keys.sign(good, readFileSync(directory.file('served', 'SHA256SUMS'))),
  );
  for (const [name, key] of [
    ['good', good],
    ['other', other],
  ] as const)
    writeFileSync(directory.file(name), keys.export([key]));
  await using server = await nginx(t, directory.file('served'));
  const cases: [value: string, says: RegExp | null][] = [
    [directory.file('good'), null],
    [directory.file('other'), /key/],
    [directory.file('missing'), /missing/],
    ['relative/path', /relative\/path|absolute/],
  ];
  for (const [value, says] of cases) {
    await t.test(value.replace(directory.path, ''), async (t) => {
      await using host = await ferryHost(t, { environment: { SYSTEMD_OPENPGP_KEYRING: value } });
      const { status, stderr } = await host.ferryctl(['pull-raw', `${server.url}/disk.raw`]);
      assert.equal(status, says === null ? 0 : 6, stderr);
      if (says !== null) assert.match(stderr, says);
    });
  }
});

test('standard streams that are terminals are refused for images', async (t) => {
  if (!ready(t) || !needs(t, { programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await host.ferryctl(['import-raw', makeDisk(directory.file('disk.raw')), 'image']);
  const root = `--image-root=${host.imageRoot}`;
  for (const [parameters, says] of [
    [['export-raw', 'image'], /terminal/],
    [['export-raw', 'image', '-'], /terminal/],
    [['import-raw', '-', 'other'], /terminal/],
  ] as const) {
    const terminal = runOnTerminal(t, [
      process.execPath,
      clientProgram,
      `--address=unix:${host.socket}`,
      root,
      ...parameters,
    ]);
    assert.equal(await terminal.ended(), 2);
    assert.match(terminal.transcript(), says);
  }
});

test('cancel-transfer takes several ids, tells of each, and fails if any failed', async (t) => {
  if (!ready(t)) return;
  const scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  shell('mkfifo "$1" "$2"', [scene.file('a'), scene.file('b')]);
  using first = opened(scene.file('a'), 'r+');
  using second = opened(scene.file('b'), 'r+');
  const running = [
    runWithStreams(scene, ['import-raw', '-', 'a'], { stdin: first.fd }),
    runWithStreams(scene, ['import-raw', '-', 'b'], { stdin: second.fd }),
  ];
  const ids = await waitForTransfers(scene, 2);
  const { status, stderr } = await scene.host.ferryctl(['cancel-transfer', String(ids[0]), '4711', String(ids[1])]);
  assert.equal(status, 3);
  assert.match(stderr, new RegExp(`Transfer ${ids[0]} cancelled\\.\n.*4711.*\nTransfer ${ids[1]} cancelled\\.\n`));
  for (const outcome of await Promise.all(running)) {
    assert.equal(outcome.status, 10);
    assert.match(outcome.stderr, /cancelled/);
  }
  assert.deepEqual(scene.host.images(), []);
  assert.equal((await scene.host.ferryctl(['cancel-transfer', 'x'])).status, 2);
  assert.equal((await scene.host.ferryctl(['cancel-transfer'])).status, 2);
});

function waitForTransfers(scene: Scene, count: number): Promise<number[]> {
  return waitFor(async () => {
    const listed: { id: number }[] = JSON.parse(await scene.succeed('list-transfers', '--json=short'));
    return listed.length === count ? listed.map(({ id }) => id) : undefined;
  });
}

test('list-transfers has the columns of the manual page, for files, pipes and exports', async (t) => {
  if (!ready(t)) return;
  const scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  shell('mkfifo "$1"', [scene.file('fifo')]);
  using fifo = opened(scene.file('fifo'), 'r+');
  const running = runWithStreams(scene, ['import-tar', '-P', '-', 'tree'], { stdin: fifo.fd });
  const [id] = await waitForTransfers(scene, 1);
  for (const verb of ['list-transfers', 'list-transfer', 'list']) {
    const table = await scene.succeed(verb);
    assert.match(table, /^ID +PROGRESS +TYPE +CLASS +LOCAL +REMOTE *\n/);
    assert.match(table, new RegExp(`${id} +- +import-tar +portable +tree +.*\n\n1 transfer listed\\.\n$`));
  }
  const [listed] = JSON.parse(await scene.succeed('--json=short'));
  // What Ferry knows beyond importctl(1) follows.
  const ofImportctl = { id, progress: null, type: 'import-tar', class: 'portable', local: 'tree', remote: '' };
  assert.deepEqual(Object.entries(listed).slice(0, 6), Object.entries(ofImportctl));
  assert.equal(await scene.succeed('list-transfers', '-S', '--json=short'), '[]\n');
  await scene.succeed('cancel-transfer', String(id));
  assert.equal((await running).status, 10);
});
