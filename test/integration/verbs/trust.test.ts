/** ferryctl trust, and io.ferry.Trust behind it. */

import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { documentedSchemas, schemaProblems } from '../../support/json-schema.js';
import { needs } from '../../support/needs.js';
import { KeyRoom, type TestKey } from '../../support/servers/keys.js';
import { clientProgram, type FerryUser, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { needsTerminal, readable, runOnTerminal } from '../../support/terminal/terminal.js';
import { doesNotBeginWithScheme, noSuchFile } from '../../support/texts/common.js';
import {
  cannotReadKeyringOf,
  doesNotCount,
  expiresOn,
  hasOddStar,
  hasUnknownSetting,
  isEntryAlready,
  isNoPattern,
} from '../../support/texts/trust.js';

const ordinaryUser: { user?: number } = process.getuid?.() === 0 ? { user: 54321 } : {};
const schemas = documentedSchemas();
const minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';

/** A user with keys in files, and a general keyring. */
class Scene {
  private constructor(
    readonly user: FerryUser,
    readonly keys: KeyRoom,
    readonly publisher: TestKey,
    readonly directory: string,
  ) {}

  static async open(t: TestContext): Promise<Scene | undefined> {
    if (!needsProduct(t) || !needs(t, { programs: ['gpg'] })) return undefined;
    const keys = new KeyRoom();
    t.after(() => keys[Symbol.dispose]());
    const publisher = keys.createKey('publisher@ferry.invalid');
    const user = ferryUser(t, ordinaryUser);
    const configuration = join(user.home, 'home', '.config');
    mkdirSync(configuration);
    const directory = join(configuration, 'ferry', 'trust.d');
    return new Scene(user, keys, publisher, directory);
  }

  key(name: string, bytes: Buffer | string): string {
    const path = join(this.user.home, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Writes an entry. */
  entry(name: string, ...lines: string[]): string {
    mkdirSync(this.directory, { recursive: true });
    const path = join(this.directory, `${name}.conf`);
    writeFileSync(path, [...lines, ''].join('\n'));
    return path;
  }

  /** Without what packages ship. */
  trust(...parameters: string[]) {
    const environment = { SYSTEMD_OPENPGP_KEYRING: this.key('general.pgp', this.keys.export([this.publisher])) };
    return this.user.ferryctl(['trust', ...parameters], { environment });
  }

  /** What an action writes as JSON, held to its schema. */
  async json(action: string, ...parameters: string[]) {
    const { stdout, stderr } = await this.trust(action, '--json=short', ...parameters);
    const schema = schemas.get(`trust-${action}`);
    assert.ok(schema && stdout, stderr);
    const value = JSON.parse(stdout);
    assert.deepEqual(schemaProblems(value, schema), [], `trust ${action}`);
    return value;
  }
}

/** The directory belongs to the user whose service writes there. */
async function withOwnDirectory(t: TestContext): Promise<Scene | undefined> {
  const scene = await Scene.open(t);
  if (scene === undefined) return undefined;
  const { user } = ordinaryUser;
  if (user !== undefined) chownSync(join(scene.user.home, 'home', '.config'), user, user);
  return scene;
}

const url = 'https://example.org/images/';

test('trust add writes an entry and its key with mode 0644, which list and show know', async (t) => {
  const scene = await withOwnDirectory(t);
  if (scene === undefined) return;
  const key = scene.key('key.asc', scene.keys.export([scene.publisher], true));
  const { fingerprint } = scene.publisher;
  const added = await scene.json('add', url, key, '--verify=signature');
  const [path, keyringPath] = ['conf', 'key'].map((suffix) => join(scene.directory, `example.org-images.${suffix}`));
  assert.ok(path !== undefined && keyringPath !== undefined);
  assert.deepEqual([added.path, added.keyringPath], [path, keyringPath]);
  assert.equal(added.keys[0].fingerprint, fingerprint);
  const text = `# Written by ferryctl trust add\n[Trust]\nURL=${url}\nKeyring=example.org-images.key\nVerify=signature\n`;
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.deepEqual(readFileSync(keyringPath), readFileSync(key));
  assert.deepEqual(
    [path, keyringPath].map((each) => statSync(each).mode & 0o7777),
    [0o644, 0o644],
  );
  const [entry] = await scene.json('list');
  assert.deepEqual(
    [entry.name, entry.urls, entry.verify, entry.problem],
    ['example.org-images', [url], 'signature', null],
  );
  const shown = await scene.json('show', `${url}disk.raw`);
  assert.deepEqual(
    [shown.entry.path, shown.verify, shown.acceptsKeyrings, shown.problem],
    [path, 'signature', false, null],
  );
  assert.deepEqual(
    shown.keys.map((each: Record<string, unknown>) => [each['scheme'], each['fingerprint'], each['keyring']]),
    [['openpgp', fingerprint, keyringPath]],
  );
  const { stdout } = await scene.trust('show', `${url}disk.raw`);
  for (const line of [
    `       Entry: ${path}:2`,
    'Verification: at least signature',
    '  --keyring=: refused',
    `        Keys: openpgp ${fingerprint} (publisher@ferry.invalid), without end, from ${keyringPath}`,
    '   Next best: the general keyrings',
  ])
    assert.ok(stdout.includes(`${line}\n`), stdout);
  assert.deepEqual(await scene.json('check'), []);
});

test('trust show tells of the general keyrings where no entry covers the URL, and of less specific entries', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const general = await scene.json('show', `${url}disk.raw`);
  const text = await scene.trust('show', url);
  assert.ok(text.stdout.includes('       Entry: none, the general keyrings count\n'), text.stdout);
  assert.deepEqual(
    [general.entry, general.acceptsKeyrings, general.keys[0].fingerprint],
    [null, true, scene.publisher.fingerprint],
  );
  const { stderr } = await scene.trust('show', 'ftp://h/');
  assert.ok(stderr.includes(`Failed to look at trust entries: The URL 'ftp://h/' ${doesNotBeginWithScheme}`), stderr);
  scene.entry('one', '[Trust]', 'URL=*.org example.org', `Keyring=${minisign}`);
  const two = scene.entry('two', '[Trust]', `URL=${url}`, `Keyring=${minisign}`, 'Fingerprint=0000000000000000');
  const { entry, others, keys } = await scene.json('show', `${url}disk.raw`);
  assert.deepEqual([entry.path, others[0].name, others.length, keys], [two, 'one', 1, []]);
  const { stdout } = await scene.trust('show', 'http://example.org/');
  assert.ok(stdout.includes('Keys: minisign E7620F1842B4E81F (no comment), without end, from '), stdout);
});

const refusals: [what: string, parameters: (scene: Scene) => string[], message: string | RegExp, status?: number][] = [
  ['all hosts', () => ['*', 'key.asc'], `Cannot trust keys for '*': it ${hasOddStar}.`, 14],
  ['a top-level domain', () => ['*.org', 'key.asc'], "Cannot trust keys for '*.org': it covers too many hosts.", 14],
  ['all files', () => ['file:///', 'key.asc'], "Cannot trust keys for 'file:///': it covers all files.", 14],
  ['no URL', () => ['example?', 'key.asc'], `Cannot trust keys for 'example?': it ${isNoPattern}.`, 14],
  [
    'an odd name',
    () => [url, 'key.asc', '--name=../x'],
    "Cannot name a trust entry '../x': use letters, digits, '.', '-', '_' and '@'.",
    14,
  ],
  ['a text', () => [url, 'text'], /The keyring given contains no key /],
  [
    'a private key',
    () => [url, 'secret.asc'],
    'Cannot trust the keyring: it holds a private key; export the public one.',
  ],
  [
    'a private key without armor',
    () => [url, 'secret.pgp'],
    'Cannot trust the keyring: it holds a private key; export the public one.',
  ],
  [
    'an expired key',
    () => [url, 'expired.asc'],
    /Cannot trust the keyring: none of its keys counts: key [0-9A-F]{40} /,
  ],
  ['no file', () => [url, 'nowhere'], /Cannot read the key '.*nowhere': /, 3],
];

test('trust add refuses what covers too much, and keys that cannot be trusted; nothing is written', async (t) => {
  const scene = await withOwnDirectory(t);
  if (scene === undefined) return;
  const { keys, publisher } = scene;
  const expired = keys.createKey('expired@ferry.invalid', 'ed25519', '2020-02-01', '20200101T000000!');
  scene.key('key.asc', keys.export([publisher], true));
  scene.key('text', 'nothing\n');
  scene.key('expired.asc', keys.export([expired], true));
  scene.key('secret.asc', keys.gpg(['--armor', '--export-secret-keys', publisher.fingerprint]));
  scene.key('secret.pgp', keys.gpg(['--export-secret-keys', publisher.fingerprint]));
  for (const [what, parameters, message, expected = 6] of refusals)
    await t.test(what, async () => {
      const [pattern = '', file = '', ...more] = parameters(scene);
      const { status, stderr } = await scene.trust('add', pattern, join(scene.user.home, file), ...more);
      assert.equal(status, expected, stderr);
      assert.ok(typeof message === 'string' ? stderr.includes(message) : message.test(stderr), stderr);
    });
  assert.deepEqual(await scene.json('list'), []);
});

test('trust add replaces no entry without --force, and never one of another name', async (t) => {
  const scene = await withOwnDirectory(t);
  if (scene === undefined) return;
  const key = scene.key('key.asc', scene.keys.export([scene.publisher], true));
  const add = (...more: string[]) => scene.trust('add', url, key, ...more);
  assert.equal((await add('--name=a')).status, 0);
  const same = await add('--name=a');
  const path = join(scene.directory, 'a.conf');
  const replace = isEntryAlready('a', path);
  assert.ok(same.status === 4 && same.stderr.includes(replace), same.stderr);
  const other = await add('--name=b', '--force');
  const text = `The trust entry ${path} is for '${url}' already; add the key there, or remove it`;
  assert.ok(other.status === 4 && other.stderr.includes(text), other.stderr);
  const forced = await add('--name=a', '--force', '--verify=checksum');
  assert.equal(forced.status, 0, forced.stderr);
  const said = `Key ${scene.publisher.fingerprint} is trusted for ${url}.\nThe trust entry is in ${path}.\n`;
  assert.ok(forced.stderr.endsWith(said), forced.stderr);
  assert.match(readFileSync(path, 'utf8'), /^Verify=checksum$/m);
});

test('on a terminal trust add shows the key and asks, but not with --yes', async (t) => {
  const scene = await withOwnDirectory(t);
  if (scene === undefined || !needsTerminal(t)) return;
  const key = scene.key('key.asc', scene.keys.export([scene.publisher], true));
  const { user } = ordinaryUser;
  const asUser = user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const run = (...more: string[]) => {
    const command = [...asUser, process.execPath, clientProgram, '--user', 'trust', 'add', url, key, ...more];
    return runOnTerminal(t, command, { environment: scene.user.environment });
  };
  const declined = run();
  await declined.shows(/Trust this key for https:\/\/example\.org\/images\/\? \[y\/N\] /);
  assert.match(readable(declined.transcript()), new RegExp(`Keys: openpgp ${scene.publisher.fingerprint} `));
  declined.type('n\r');
  assert.equal(await declined.ended(), 10);
  assert.match(declined.transcript(), /Nothing was written\./);
  assert.ok(!existsSync(scene.directory));
  const accepted = run();
  await accepted.shows(/\[y\/N\]/);
  accepted.type('y\r');
  assert.equal(await accepted.ended(), 0, accepted.transcript());
  const unasked = run('--force', '--yes');
  assert.equal(await unasked.ended(), 0, unasked.transcript());
  assert.doesNotMatch(unasked.transcript(), /\[y\/N\]/);
});

test('trust check tells of faults, missing files, keys that have expired or will, and of entries that overlap', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const { keys, publisher } = scene;
  const old = keys.createKey('old@ferry.invalid', 'ed25519', '2020-02-01', '20200101T000000!');
  const soon = keys.createKey('soon@ferry.invalid', 'ed25519', '10d');
  mkdirSync(scene.directory, { recursive: true });
  writeFileSync(join(scene.directory, 'keys.pgp'), keys.export([publisher, old, soon]));
  writeFileSync(join(scene.directory, 'text'), 'nothing');
  const faulty = scene.entry('faulty', '[Trust]', 'URL=https://a.example/', 'Verfy=signature');
  const missing = scene.entry('missing', '[Trust]', 'URL=https://b.example/', 'Keyring=nowhere', 'Keyring=text');
  const optional = scene.entry('optional', '[Trust]', 'URL=https://c.example/', 'Keyring=-nowhere');
  const keyed = scene.entry('keyed', '[Trust]', 'URL=https://d.example/', 'Keyring=keys.pgp', 'RequireSigners=3');
  const pinned = scene.entry(
    'pinned',
    '[Trust]',
    'URL=*.e.example',
    `Keyring=${minisign}`,
    `Fingerprint=${'0'.repeat(40)}`,
    'Verify=signature',
  );
  const again = scene.entry('zz', '[Trust]', 'URL=https://d.example/ https://x.e.example/', `Keyring=${minisign}`);
  const { status, stdout } = await scene.trust('check');
  assert.equal(status, 6, stdout);
  const findings: { severity: string; path: string; line: number | null; message: string }[] =
    await scene.json('check');
  const shown = findings.map(({ severity, path, line, message }) => `${severity} ${path}:${line} ${message}`);
  const ring = join(scene.directory, 'keys.pgp');
  const expiry = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  for (const line of [
    `error ${faulty}:3 It ${hasUnknownSetting('Verfy')}`,
    `error ${missing}:3 ${cannotReadKeyringOf(join(scene.directory, 'nowhere'), `${missing}:3`, `${noSuchFile} (ENOENT)`)}`,
    `error ${optional}:1 None of its keyrings exists; install one of them`,
    `error ${keyed}:1 It demands 3 signers, and has 2 keys that count`,
    `error ${pinned}:1 No key of its keyrings has the fingerprint ${'0'.repeat(40)}`,
    `warning ${ring}:null ${expiresOn(`Key ${soon.fingerprint} (soon@ferry.invalid)`, expiry)}`,
    `warning ${again}:1 Its URL=https://d.example/ has no effect: ${keyed}:1 covers the same`,
    `warning ${again}:1 Verify=signature of ${pinned}:1 does not hold for URL=https://x.e.example/, which this entry covers`,
  ])
    assert.ok(shown.includes(line), `${line}\nis not among\n${shown.join('\n')}`);
  const text = join(scene.directory, 'text');
  assert.ok(
    shown.some((line) => line.startsWith(`error ${text}:null The keyring ${text} contains no key `)),
    shown.join('\n'),
  );
  assert.ok(
    shown.some((line) =>
      line.startsWith(`warning ${ring}:null ${doesNotCount(`Key ${old.fingerprint} (old@ferry.invalid)`, '')}`),
    ),
    shown.join('\n'),
  );
});
