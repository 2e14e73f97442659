/** ferryctl trust as root, for all users of the host: in an /etc of the test's own. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import { Ed25519Key } from '../../support/catalogues/ed25519.js';
import { like, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { isEntryAlready } from '../../support/texts/trust.js';

interface Scene {
  readonly host: FerryHost;
  /** What the service sees as /etc. */
  readonly etc: string;
  readonly key: string;
}

async function setScene(t: TestContext): Promise<Scene | undefined> {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['unshare', 'mount'] })) return undefined;
  const directory = temporaryDirectory(t);
  const etc = directory.file('etc');
  mkdirSync(etc);
  const key = directory.file('publisher.pub');
  writeFileSync(key, new Ed25519Key().publicFile());
  const ownEtc = `cp -a /etc/. '${etc}' && rm -rf '${etc}/ferry' && mount --bind '${etc}' /etc && exec "$@"`;
  const host = await ferryHost(t, { through: ['unshare', '--mount', '/bin/sh', '-c', ownEtc, 'sh'] });
  return { host, etc, key };
}

test('trust add as root writes to /etc/ferry/trust.d, readable for all', async (t) => {
  const scene = await setScene(t);
  if (scene === undefined) return;
  const { host, etc, key } = scene;
  const directory = join(etc, 'ferry', 'trust.d');
  const url = 'https://example.org/images/';
  const added = await host.ferryctl(['trust', 'add', url, key, '--name=x', '--verify=signature']);
  assert.equal(added.status, 0, added.stderr);
  assert.ok(added.stderr.includes('/etc/ferry/trust.d/x.conf'), added.stderr);
  assert.deepEqual(readdirSync(directory).sort(), ['x.conf', 'x.key']);
  const written = readFileSync(join(directory, 'x.conf'), 'utf8');
  assert.ok(written.endsWith(`[Trust]\nURL=${url}\nKeyring=x.key\nVerify=signature\n`), written);
  assert.deepEqual(readFileSync(join(directory, 'x.key')), readFileSync(key));
  for (const name of ['x.conf', 'x.key']) assert.equal(statSync(join(directory, name)).mode & 0o7777, 0o644);
  const shown = await host.ferryctl(['trust', 'show', `${url}disk.raw`]);
  assert.equal(shown.status, 0, shown.stderr);
  assert.ok(shown.stdout.includes('/etc/ferry/trust.d/x.conf'), shown.stdout);
});

test('trust add refuses to mask an entry that Ferry ships, unless it is forced', async (t) => {
  const scene = await setScene(t);
  if (scene === undefined) return;
  const { host, etc, key } = scene;
  const url = 'https://mirror.example.org/fedora/';
  const refused = await host.ferryctl(['trust', 'add', url, key, '--name=fedora']);
  assert.equal(refused.status, exitStatus.exists, refused.stderr);
  assert.match(refused.stderr, like`${isEntryAlready('fedora', re(/\/\S+\/trust\.d\/fedora\.conf/))}`);
  assert.ok(!existsSync(join(etc, 'ferry')), 'something was written');
  const forced = await host.ferryctl(['trust', 'add', url, key, '--name=fedora', '--force']);
  assert.equal(forced.status, 0, forced.stderr);
  assert.deepEqual(readdirSync(join(etc, 'ferry', 'trust.d')).sort(), ['fedora.conf', 'fedora.key']);
});
