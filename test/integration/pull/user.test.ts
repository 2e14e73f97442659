import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../support/command.js';
import { signedDirectory } from '../../support/images/fixtures.js';
import { needs } from '../../support/needs.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease } from '../../support/servers/release.js';
import { ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitFor, waitWhile } from '../../support/wait.js';

/** A user that no password file knows, and so without ids in /etc/subuid. */
const stranger = 54321;

/** Root can become that user; an ordinary user tests as itself. */
function ordinaryUser(): { user?: number } {
  return process.getuid?.() === 0 ? { user: stranger } : {};
}

function ready(t: TestContext): boolean {
  return needsProduct(t) && needsNginx(t);
}

test('an ordinary user pulls a disk into the state directory, and nothing keeps running', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  await using server = await nginx(t, release.path);
  await using user = ferryUser(t, ordinaryUser());
  const { status, stderr } = await user.ferryctl(['pull-raw', '--verify=checksum', `${server.url}/tiny.raw.gz`]);
  assert.equal(status, 0, stderr);
  const image = join(user.imageRoot, 'tiny.raw');
  assert.equal(run('cmp', [image, join(release.path, 'tiny.raw')]), '');
  assert.equal(statSync(image).uid, ordinaryUser().user ?? process.getuid?.());
  await t.test('each class has a directory of its own', async () => {
    const portable = await user.ferryctl(['pull-raw', '-P', '--verify=checksum', `${server.url}/tiny.raw`]);
    assert.equal(portable.status, 0, portable.stderr);
    assert.ok(existsSync(join(user.home, 'state', 'portables', 'tiny.raw')));
  });
  await t.test('list-images shows both', async () => {
    const { stdout } = await user.ferryctl(['list-images', '--json=short']);
    const images: { class: string; name: string }[] = JSON.parse(stdout);
    const visible = images.filter(({ name }) => !name.startsWith('.'));
    assert.deepEqual(visible.map((image) => `${image.class} ${image.name}`).sort(), ['machine tiny', 'portable tiny']);
  });
  // The service that the client had started ends after it.
  await waitWhile(() => user.services().length > 0);
});

test('an ordinary user without subordinate ids gets the tree, and is told what was lost', async (t) => {
  if (!ready(t) || !needs(t, { root: true })) return;
  const directory = signedDirectory(t);
  if (directory === undefined) return;
  await using server = await nginx(t, directory.path);
  await using user = ferryUser(t, { user: stranger });
  const url = `${server.url}/debian.tar.zst`;
  await t.test('--strict refuses', async () => {
    const { status, stderr } = await user.ferryctl(['pull-tar', '-N', '--strict', '--verify=checksum', url]);
    assert.equal(status, 17, stderr);
    assert.match(stderr, /\d+ (files|entries)/);
    assert.ok(!existsSync(join(user.imageRoot, 'debian')));
  });
  await t.test('without it one warning counts the losses', async () => {
    const { status, stdout, stderr } = await user.ferryctl(['pull-tar', '-N', '--verify=checksum', url]);
    assert.equal(status, 0, stderr);
    assert.match(stdout + stderr, /\d+ (files|entries)/);
  });
  const image = join(user.imageRoot, 'debian');
  assert.equal(statSync(join(image, 'etc')).uid, stranger);
  assert.ok(statSync(join(image, 'opt/curiosities/closed-directory/file')).isFile());
  assert.match(run('find', [image, '-type', 'c']), /^$/);
});

test('an ordinary user with subordinate ids gets the tree with all owners, shifted into a namespace', async (t) => {
  if (!ready(t) || !needs(t, { root: true, programs: ['newuidmap', 'getent', 'setpriv'], features: ['userns'] }))
    return;
  const uid = namedUser(t);
  if (uid === undefined) return;
  const directory = signedDirectory(t);
  if (directory === undefined) return;
  await using server = await nginx(t, directory.path);
  await using user = ferryUser(t, { user: uid });
  const { status, stderr } = await user.ferryctl([
    'pull-tar',
    '-N',
    '--verify=checksum',
    `${server.url}/debian.tar.zst`,
  ]);
  assert.equal(status, 0, stderr);
  const image = join(user.imageRoot, 'debian');
  const inside = (script: string) =>
    run('setpriv', [
      ...[`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'],
      ...['unshare', '--user', '--map-auto', '--map-root-user', 'sh', '-c', `cd "$0" && ${script}`, image],
    ]).trim();
  assert.equal(inside('stat -c %u:%g etc/shadow'), `0:${groupOf(directory.path, 'etc/shadow')}`);
  assert.equal(inside('stat -c %a usr/bin/passwd'), '4755');
  await using host = await ferryHost(t, { user: uid, environment: { SYSTEMD_LOG_LEVEL: 'info' } });
  const said = 'Trees belong to your subordinate IDs (/etc/subuid): systemd-nsresourced ';
  await waitFor(() => host.log().includes(said) || undefined);
});

test('a second shell lists and cancels what the first has left in the background', async (t) => {
  if (!ready(t)) return;
  await using directory = temporaryDirectory();
  const release = makeRelease(directory.path);
  writeFileSync(join(release.path, 'large.raw'), Buffer.alloc(8 << 20, 'x'));
  await using server = await nginx(t, release.path);
  await using user = ferryUser(t, ordinaryUser());
  const url = `${server.url}/large.raw`;
  const pulling = user.ferryctl(['pull-raw', '-N', '--verify=no', '--limit-rate=64K', url]);
  const listed = await listUntilThere(user);
  assert.equal(listed[0]?.remote, url);
  assert.equal(listed[0]?.type, 'pull-raw');
  const cancelled = await user.ferryctl(['cancel-transfer', String(listed[0]?.id)]);
  assert.equal(cancelled.status, 0, cancelled.stderr);
  const { status, stderr } = await pulling;
  assert.equal(status, 10);
  assert.match(stderr, /cancel/i);
  assert.deepEqual(run('ls', ['-A', user.imageRoot]), '');
});

interface ListedTransfer {
  id: number;
  type: string;
  remote: string;
}

function listUntilThere(user: ReturnType<typeof ferryUser>): Promise<ListedTransfer[]> {
  return waitFor(async () => {
    const { stdout } = await user.ferryctl(['list-transfers', '--json=short']);
    const listed: ListedTransfer[] = JSON.parse(stdout || '[]');
    return listed.length > 0 ? listed : undefined;
  });
}

/** The user that test/install-programs.sh makes. */
function namedUser(t: TestContext): number | undefined {
  const name = 'ferry-test';
  const known = /^ferry-test:[^:]*:(\d+):/m.exec(run('getent', ['passwd']));
  if (known === null) t.skip(`needs the user ${name} (test/install-programs.sh makes it)`);
  return known === null ? undefined : Number(known[1]);
}

function groupOf(served: string, path: string): string {
  const line = run('tar', ['--list', '--verbose', '--numeric-owner', '-f', join(served, 'debian.tar'), `./${path}`]);
  return /\d+\/(\d+)/.exec(line)?.[1] ?? '';
}
