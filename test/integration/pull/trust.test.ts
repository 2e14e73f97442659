/** Pulls from URLs that trust entries cover (trust.d). */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { KeyRoom, type TestKey } from '../../support/servers/keys.js';
import { type FerryUser, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { demandsMore, doesNotCount, expiresOn, hasUnknownSetting } from '../../support/texts/trust.js';
import { signedByUnknownKey } from '../../support/texts/verification.js';

/** Root can become a user that no password file knows; an ordinary user tests as itself. */
const ordinaryUser = process.getuid?.() === 0 ? { user: 54321 } : {};
const disk = Buffer.alloc(300_000, 1);
const sums = `${sha256(disk)}  disk.raw\n`;

/** A user with entries of their own, a general keyring, and a server with an image that `publisher` has signed. */
class Scene {
  private constructor(
    readonly user: FerryUser,
    readonly web: FaultServer,
    readonly keys: KeyRoom,
    readonly publisher: TestKey,
    readonly other: TestKey,
    readonly directory: string,
  ) {}

  static async open(t: TestContext): Promise<Scene | undefined> {
    if (!needsProduct(t) || !needs(t, { programs: ['gpg'] })) return undefined;
    const web = await FaultServer.start();
    const keys = new KeyRoom();
    t.after(async () => {
      keys[Symbol.dispose]();
      await web[Symbol.asyncDispose]();
    });
    const [publisher, other] = [keys.createKey('publisher@ferry.invalid'), keys.createKey('other@ferry.invalid')];
    const environment = { SYSTEMD_OPENPGP_KEYRING: '/var/empty/none.pgp' };
    const user = ferryUser(t, { ...ordinaryUser, environment });
    const directory = join(user.home, 'home', '.config', 'ferry', 'trust.d');
    mkdirSync(directory, { recursive: true });
    const scene = new Scene(user, web, keys, publisher, other, directory);
    scene.sign(publisher);
    web.serve('/images/disk.raw', disk, { etags: ['"first"'] });
    return scene;
  }

  /** The path of the entry. */
  get path(): string {
    return join(this.directory, 'x.conf');
  }

  get prefix(): string {
    return this.web.url('/images/');
  }

  sign(key: TestKey): void {
    this.web.serve('/images/SHA256SUMS', sums);
    this.web.serve('/images/SHA256SUMS.gpg', this.keys.sign(key, sums));
  }

  /** Writes the entry, and the keyring that it may name: of the publisher. */
  trust(...settings: string[]): void {
    writeFileSync(join(this.directory, 'publisher.pgp'), this.keys.export([this.publisher]));
    writeFileSync(join(this.directory, 'other.pgp'), this.keys.export([this.other]));
    writeFileSync(this.path, ['[Trust]', `URL=${this.prefix}`, ...settings, ''].join('\n'));
  }

  pull(...more: string[]) {
    return this.user.ferryctl(['pull-raw', `${this.prefix}disk.raw`, ...more]);
  }

  /** How often the image has been asked for, and what was sent of it. */
  get sent(): number[] {
    const requests = this.web.requests.filter(({ url }) => url === '/images/disk.raw');
    return requests.map(({ status }) => status);
  }
}

test('a URL that an entry covers is verified with the keys of the entry, without any other keyring', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp', 'Verify=signature');
  const { status, stderr } = await scene.pull();
  assert.equal(status, 0, stderr);
});

test('a key that is trusted for another URL, or by another entry, vouches for nothing here', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp');
  scene.sign(scene.other);
  writeFileSync(join(scene.directory, 'y.conf'), '[Trust]\nURL=https://ferry.invalid/\nKeyring=other.pgp\n');
  const { status, stderr } = await scene.pull();
  assert.equal(status, 6, stderr);
  assert.ok(stderr.includes(signedByUnknownKey(scene.other.fingerprint.slice(-16))), stderr);
  assert.deepEqual(
    scene.sent.filter((each) => each !== 200),
    [],
  );
});

test('less than the minimum of an entry is refused before anything is asked for, and is an obstacle of a plan', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp', 'Verify=signature');
  const url = `${scene.prefix}disk.raw`;
  for (const mode of ['checksum', 'no']) {
    const { status, stderr } = await scene.pull(`--verify=${mode}`);
    assert.equal(status, 6, stderr);
    const refusal = demandsMore(url, mode, scene.path, 'signature');
    assert.ok(stderr.includes(refusal), stderr);
  }
  assert.deepEqual(scene.web.requests, []);
  const { status, stdout } = await scene.pull('--dry-run', '--verify=checksum', '--json=short');
  assert.equal(status, 6);
  const { obstacles }: { obstacles: { error: string; message: string }[] } = JSON.parse(stdout);
  assert.deepEqual(
    obstacles.map(({ error, message }) => [error, message.includes(`${scene.path} demands Verify=signature`)]),
    [['VerificationFailed', true]],
  );
});

test('keyrings of the caller are refused beside an entry that sets Verify=, and count beside others', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp', 'Verify=signature');
  scene.sign(scene.other);
  const keyring = `--keyring=${join(scene.directory, 'other.pgp')}`;
  const refused = await scene.pull(keyring);
  assert.equal(refused.status, 6, refused.stderr);
  const text = `${scene.path} sets Verify=, so only its own keys count; leave out --keyring=`;
  assert.ok(refused.stderr.includes(text), refused.stderr);
  scene.trust('Keyring=publisher.pgp');
  const { status, stderr } = await scene.pull(keyring);
  assert.equal(status, 0, stderr);
});

test('an entry with a fault refuses the URLs that it covers, with file and line, and no others', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp', 'Verfy=signature');
  const { status, stderr } = await scene.pull('--verify=no');
  assert.equal(status, 6, stderr);
  assert.ok(stderr.includes(`the trust entry ${scene.path}:4 ${hasUnknownSetting('Verfy')}; correct it`), stderr);
  const elsewhere = scene.web.serve('/others/disk.raw', disk);
  const other = await scene.user.ferryctl(['pull-raw', '--verify=no', elsewhere]);
  assert.equal(other.status, 0, other.stderr);
});

test('the URL that was given decides which entry counts, and not where it redirects to', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.trust('Keyring=publisher.pgp', 'Verify=signature');
  const moved = scene.web.serve('/moved/disk.raw', '', { redirect: '/images/disk.raw' });
  const { status, stderr } = await scene.user.ferryctl(['pull-raw', '--verify=no', moved]);
  assert.equal(status, 0, stderr);
  scene.web.serve('/elsewhere/disk.raw', disk);
  scene.web.serve('/images/disk.raw', '', { redirect: '/elsewhere/disk.raw' });
  const refused = await scene.pull('--verify=checksum', 'x');
  assert.equal(refused.status, 6, refused.stderr);
});

test('a plan shows the entry and the keys that count, and a pull tells of keys that all end soon', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const soon = scene.keys.createKey('soon@ferry.invalid', 'ed25519', '10d');
  writeFileSync(join(scene.directory, 'soon.pgp'), scene.keys.export([soon]));
  scene.trust('Keyring=soon.pgp');
  scene.sign(soon);
  const { stdout } = await scene.pull('--dry-run', '--json=short');
  const { trustEntry, trustedKeys } = JSON.parse(stdout);
  assert.equal(trustEntry, scene.path);
  const end = Number(trustedKeys[0].usableUntil) / 1000;
  assert.ok(Math.abs(end - Date.now() - 10 * 86_400_000) < 86_400_000, String(end));
  assert.deepEqual(trustedKeys, [
    {
      scheme: 'openpgp',
      fingerprint: soon.fingerprint,
      user: 'soon@ferry.invalid',
      usableUntil: end * 1000,
      problem: null,
      keyring: join(scene.directory, 'soon.pgp'),
    },
  ]);
  const shown = await scene.pull('--dry-run');
  assert.ok(shown.stdout.includes(`  Trust entry: ${scene.path}\n`), shown.stdout);
  assert.match(shown.stdout, new RegExp(` Keys: openpgp ${soon.fingerprint} `));
  const { status, stderr } = await scene.pull();
  assert.equal(status, 0, stderr);
  const date = new Date(end).toISOString().slice(0, 10);
  const name = `Key ${soon.fingerprint} (soon@ferry.invalid)`;
  assert.ok(stderr.includes(`${expiresOn(name, date)} (trust entry ${scene.path})`), stderr);
  // One that stays good for longer is enough.
  scene.trust('Keyring=soon.pgp', 'Keyring=publisher.pgp');
  const other = await scene.pull('other');
  assert.equal(other.status, 0, other.stderr);
  assert.ok(!other.stderr.includes(name), other.stderr);
  scene.trust('Keyring=old.pgp');
  const old = scene.keys.createKey('old@ferry.invalid', 'ed25519', '2020-02-01', '20200101T000000!');
  writeFileSync(join(scene.directory, 'old.pgp'), scene.keys.export([old]));
  const expired = await scene.pull('third');
  assert.doesNotMatch(expired.stderr, / it which /);
  assert.equal(expired.status, 6, expired.stderr);
  assert.ok(expired.stderr.includes(doesNotCount(`Key ${old.fingerprint} (old@ferry.invalid)`, '')), expired.stderr);
});

const lesser: [what: string, prepare: (scene: Scene) => Promise<unknown>][] = [
  ['verified by less than an entry demands', (scene) => scene.pull('--verify=checksum', 'before')],
  [
    'signed by a key that is not of the entry',
    async (scene) => {
      scene.sign(scene.other);
      scene.trust('Keyring=other.pgp');
      await scene.pull('before');
      scene.sign(scene.publisher);
    },
  ],
];
for (const [what, prepare] of lesser)
  test(`a cached download is not used that was ${what}`, async (t) => {
    const scene = await Scene.open(t);
    if (scene === undefined) return;
    rmSync(scene.path, { force: true });
    await prepare(scene);
    assert.deepEqual(scene.sent, [200]);
    scene.trust('Keyring=publisher.pgp', 'Verify=signature');
    const first = await scene.pull('after');
    assert.equal(first.status, 0, first.stderr);
    assert.equal(scene.sent.filter((status) => status === 200).length, 2, 'it came again');
    const second = await scene.pull('again');
    assert.equal(second.status, 0, second.stderr);
    assert.equal(scene.sent.filter((status) => status === 200).length, 2, 'this one is as good as demanded');
  });
