import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Network } from '../../../../../service/http/connection/network.js';
import type { RegistryAccess } from '../../../../../service/http/registry/access.js';
import { RegistryLogin } from '../../../../../service/http/registry/login.js';
import { needs } from '../../../../support/needs.js';
import { FakeRegistry, type RegistryDoor } from '../../../../support/registry/fake-registry.js';
import { makeImage, makeLayer } from '../../../../support/registry/images.js';
import { TestAuthority } from '../../../../support/servers/certificates.js';
import { FaultServer } from '../../../../support/servers/fault-server.js';
import { serverAsksForCredentials } from '../../../../support/texts/downloads.js';
import { open, run } from '../downloading.js';

const layer = makeLayer([{ path: 'a', content: 'x'.repeat(200_000) }], { compression: 'uncompressed' });
const image = makeImage({ layers: [layer] });

interface Attempt {
  registry: FakeRegistry;
  access?: Partial<RegistryAccess>;
  network?: Network;
}

/** Fetches the layer as a pull does. */
async function fetchLayer({ registry, access = {}, network = open() }: Attempt) {
  const whole = { base: registry.base, repository: 'a/b', ...access };
  const login = new RegistryLogin(network, whole, () => {});
  return { ...(await run(`${registry.base}a/b/blobs/${layer.digest}`, { login }, network)), login };
}

async function behind(door: RegistryDoor): Promise<FakeRegistry> {
  const registry = await FakeRegistry.start();
  registry.push('a/b', image);
  registry.door = door;
  return registry;
}

const login = { user: 'u', password: 'p:w' };
const doors: [what: string, door: RegistryDoor, access: Partial<RegistryAccess>][] = [
  ['nobody asks', { kind: 'open' }, {}],
  ['a password is asked for', { kind: 'basic', ...login }, login],
  ['a token is asked for, which anybody gets', { kind: 'bearer' }, {}],
  ['the token is called access_token', { kind: 'bearer', key: 'access_token' }, {}],
  ['a token is given for a password', { kind: 'bearer', ...login }, login],
  ['a token is given for an identity token', { kind: 'bearer', ...login, refreshToken: 'r' }, { identityToken: 'r' }],
  ['other ways are offered too', { kind: 'bearer', before: ['Negotiate', 'Basic realm="x"'] }, {}],
  ['an old token is refused', { kind: 'bearer' }, { token: 'old' }],
];
for (const [what, door, access] of doors) {
  test(`A layer is fetched where ${what}`, async () => {
    await using registry = await behind(door);
    assert.deepEqual((await fetchLayer({ registry, access })).bytes, layer.bytes);
  });
}

test('A token is asked for by the scope and the service that the registry names', async () => {
  await using registry = await behind({ kind: 'bearer' });
  await fetchLayer({ registry });
  const [asked] = registry.requestsFor('/token');
  assert.equal(asked?.url, '/token?service=fake&scope=repository%3Aa%2Fb%3Apull');
  assert.equal(asked?.headers.authorization, undefined);
});

test('A token that runs out in the middle of a layer is renewed, and the layer resumed', async () => {
  await using registry = await behind({ kind: 'bearer', usesMax: 1 });
  registry.blob('a/b', layer, { cutAt: 60_000 });
  const { bytes, login: known } = await fetchLayer({ registry });
  assert.deepEqual(bytes, layer.bytes);
  assert.equal(registry.tokens, 2);
  assert.equal(known.token, 'token-2');
  const parts = registry.requestsFor('/blobs/').filter(({ status }) => status === 206);
  assert.deepEqual(
    parts.map(({ headers }) => headers.range),
    ['bytes=60000-'],
  );
});

test('A layer is fetched from where the registry redirects to, without its token', async () => {
  await using registry = await behind({ kind: 'bearer' });
  await using store = await FaultServer.start();
  const url = store.serve('/blob', layer.bytes, { cutAt: 50_000 });
  registry.blob('a/b', layer, { redirect: url, redirectStatus: 307 });
  assert.deepEqual((await fetchLayer({ registry, access: { token: 'secret' } })).bytes, layer.bytes);
  assert.deepEqual(
    store.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
});

test('What another server asks for is not what the registry was given', async () => {
  await using registry = await behind({ kind: 'basic', ...login });
  await using store = await FaultServer.start();
  const url = store.serve('/blob', layer.bytes, { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } });
  registry.blob('a/b', layer, { redirect: url });
  await assert.rejects(fetchLayer({ registry, access: login }), (error: Error) =>
    error.message.includes(serverAsksForCredentials),
  );
  assert.equal(store.requests.length, 1);
  assert.equal(store.requests[0]?.headers.authorization, undefined);
});

test('A password does not go to a registry that does not ask for it', async () => {
  await using registry = await behind({ kind: 'open' });
  await fetchLayer({ registry, access: login });
  assert.equal(registry.requestsFor('/blobs/')[0]?.headers.authorization, undefined);
});

describe('Who is not let in hears why', () => {
  const asks = 'Cannot log in to http://HOST/v2/a/b: HTTP status 401,';
  const said = ' (the server says: UNAUTHORIZED: authentication required)';
  const realm = (text: string): RegistryDoor => ({ kind: 'bearer', realm: text });
  const wrong =
    'Cannot get a token from http://HOST/token: HTTP status 401, the user name or password is wrong; log in again';
  const rows: [what: string, door: RegistryDoor, access: Partial<RegistryAccess>, message: string][] = [
    [
      'without a password',
      { kind: 'basic', ...login },
      {},
      `${asks} the registry asks for a user name and a password; see --authfile=${said}`,
    ],
    [
      'with a wrong password',
      { kind: 'basic', ...login },
      { user: 'u', password: 'x' },
      `${asks} it rejects the login that it demands${said}`,
    ],
    ['with a wrong password for tokens', { kind: 'bearer', ...login }, { user: 'u', password: 'x' }, wrong],
    ['with a wrong identity token', { kind: 'bearer', ...login, refreshToken: 'r' }, { identityToken: 'x' }, wrong],
    [
      'where tokens are never good',
      { kind: 'bearer', usesMax: 0 },
      {},
      `${asks} it rejects the login that it demands${said}`,
    ],
    [
      'where nothing is asked for',
      { kind: 'closed', challenges: [] },
      {},
      `${asks} the registry does not say what it asks for${said}`,
    ],
    [
      'where something else is asked for',
      { kind: 'closed', challenges: ['Negotiate', 'Digest realm="x"'] },
      login,
      `${asks} the registry asks for what Ferry does not have (negotiate, digest)${said}`,
    ],
    [
      'where tokens are nowhere',
      realm('/token'),
      {},
      "Cannot log in to http://HOST/v2/: the registry says that tokens are at '/token', which is not a URL",
    ],
    [
      'where tokens are not given out',
      { kind: 'bearer', ...login },
      {},
      'Cannot log in to http://HOST/v2/: the registry asks for a user name and a password; see --authfile=',
    ],
  ];
  for (const [what, door, access, message] of rows) {
    test(what, async () => {
      await using registry = await behind(door);
      await assert.rejects(fetchLayer({ registry, access }), (error: Error) => {
        assert.equal(error.message.replaceAll(registry.host, 'HOST'), message);
        return true;
      });
      assert.ok(registry.requests.length <= 4, 'without asking for ever');
    });
  }
});

describe('An answer without a token is refused', () => {
  const rows: [what: string, body: string, status: number, reason: string][] = [
    ['no JSON', '<html>', 200, 'its answer has no token'],
    ['an empty token', '{"token":""}', 200, 'its answer has no token'],
    ['a token with a line break', '{"token":"a\\r\\nb"}', 200, 'its answer has no token'],
    ['a token that is a number', '{"token":5}', 200, 'its answer has no token'],
    ['nothing there', '', 404, 'the token server does not know this address'],
  ];
  for (const [what, body, status, reason] of rows) {
    test(what, async () => {
      await using registry = await behind({ kind: 'bearer' });
      const url = registry.server.serve('/token', '', {
        hook: (_request, response) => void response.writeHead(status).end(body),
      });
      await assert.rejects(fetchLayer({ registry }), (error: Error) => {
        assert.equal(error.message.replace(/\?\S+(?=:)/, ''), `Cannot get a token from ${url}: ${reason}`);
        return true;
      });
    });
  }

  const refresh: [what: string, body: string, status: number, reason: string][] = [
    ['the server failed', '', 500, 'HTTP status 500'],
    ['an answer of 2 MiB', ' '.repeat(2 * 1024 * 1024), 200, 'its answer has no end'],
  ];
  for (const [what, body, status, reason] of refresh) {
    test(`for an identity token: ${what}`, async () => {
      await using registry = await behind({ kind: 'bearer', refreshToken: 'r' });
      const url = registry.server.serve('/token', '', {
        hook: (_request, response) => void response.writeHead(status).end(body),
      });
      await assert.rejects(fetchLayer({ registry, access: { identityToken: 'r' } }), {
        message: `Cannot get a token from ${url}: ${reason}`,
      });
    });
  }
});

test('A server of tokens that does not answer is named', async () => {
  await using registry = await behind({ kind: 'bearer', realm: 'http://127.0.0.1:1/token' });
  await assert.rejects(fetchLayer({ registry, access: { identityToken: 'r' } }), {
    message: 'Cannot get a token from http://127.0.0.1:1/token: the server that gives out tokens does not answer',
  });
});

test('A registry with https cannot have tokens fetched without', async (t) => {
  if (!needs(t, { programs: ['openssl'], features: ['localhost'] })) return;
  using authority = new TestAuthority();
  await using registry = await FakeRegistry.start(authority.issue('localhost'));
  registry.push('a/b', image);
  registry.door = { kind: 'bearer', realm: 'http://127.0.0.1:1/token' };
  const network = open({ environment: { SSL_CERT_FILE: authority.file } });
  await assert.rejects(fetchLayer({ registry, network, access: login }), {
    message: `Cannot log in to ${registry.base}: the registry says that tokens are at http://127.0.0.1:1/token, which is not encrypted`,
  });
  registry.door = { kind: 'bearer', ...login };
  assert.deepEqual((await fetchLayer({ registry, network, access: login })).bytes, layer.bytes);
});
