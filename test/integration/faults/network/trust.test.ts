/** Who servers and proxies are, and what they are told of us: through the product. */

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../../../support/needs.js';
import { TestAuthority, type TestCertificate } from '../../../support/servers/certificates.js';
import { FaultServer } from '../../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from '../../../support/service/ferry-host.js';
import { tally } from '../../../support/tally.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import {
  cannotDownload,
  certificateExpired,
  certificateOfAnotherHost,
  credentialNotSent,
  nameServersSilent,
  noSuchHost,
  proxyAsksForCredentials,
  redirectsToUnencrypted,
  refusesConnections,
  untrustedAuthority,
} from '../../../support/texts/downloads.js';
import { headersCannotBeUsed, lineIsNotHeader, othersCanReadIt } from '../../../support/texts/transfers.js';

const image = Buffer.alloc(4096, 'image ');
const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

async function serverOf(t: TestContext, certificate: TestCertificate | null = null): Promise<FaultServer> {
  const server = await FaultServer.start(certificate);
  t.after(() => server[Symbol.asyncDispose]());
  server.serve('/x.raw', image);
  return server;
}

/** An authority whose certificate a service that trusts it finds in its environment. */
function authorityOf(t: TestContext) {
  const authority = new TestAuthority();
  t.after(() => authority[Symbol.dispose]());
  chmodSync(authority.directory, 0o755);
  return { authority, environment: { SSL_CERT_FILE: authority.file } };
}

function ready(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { programs: ['openssl'] });
}

/** Pulls what is to succeed, and gives back what was said. */
async function pull(host: FerryHost, url: string): Promise<string> {
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '--verify=no', '--force', '-N', url, 'x']);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /s3cret/);
  return stderr;
}

/** Pulls what is to fail, says so, and leaves nothing. */
async function refuse(host: FerryHost, url: string, ...messages: string[]): Promise<void> {
  const { status, stdout, stderr } = await host.ferryctl(['pull-raw', '-m', '--quiet', '--verify=no', url, 'refused']);
  tally('faults injected');
  const expected = messages.map((message) => `Failed to pull the image: ${message}\n`);
  assert.ok(expected.includes(stderr), `${stderr}is not ${expected.join('or ')}`);
  assert.deepEqual([status, stdout], [7, '']);
  assert.ok(!host.images().includes('refused.raw'));
}

/** What a server was told in a header, request by request. */
function told(server: FaultServer, header: string): unknown[] {
  return server.requests.filter(({ url }) => url.endsWith('/x.raw')).map(({ headers }) => headers[header]);
}

test('a server that is not who it should be is not asked', async (t) => {
  if (!ready(t)) return;
  const { authority, environment } = authorityOf(t);
  const stranger = authorityOf(t).authority;
  const host = await ferryHost(t, { environment });
  const unknown = await serverOf(t, stranger.issue('localhost'));
  const other = await serverOf(t, authority.issue('other.example.com'));
  const expired = await serverOf(t, authority.issue('localhost', -1));
  const rows: [server: FaultServer, why: (name: string) => string][] = [
    [unknown, (name) => `${untrustedAuthority(name, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')}.`],
    [
      other,
      (name) =>
        `${certificateOfAnotherHost} ${name}: Hostname/IP does not match certificate's altnames: Host: localhost. is not in the cert's altnames: DNS:other.example.com.`,
    ],
    [expired, (name) => certificateExpired(name)],
  ];
  for (const [server, why] of rows) {
    const url = server.url('/x.raw');
    await refuse(host, url, `Cannot download ${url}: ${why(`localhost:${server.port}`)}`);
    assert.deepEqual(server.requests, []);
  }
  const nobody = 'http://no-such-host.invalid/x.raw';
  await refuse(
    host,
    nobody,
    `Cannot download ${nobody}: ${noSuchHost('no-such-host.invalid')}`,
    `Cannot download ${nobody}: ${nameServersSilent('no-such-host.invalid')}`,
  );
  const plain = await serverOf(t);
  const server = await serverOf(t, authority.issue('localhost'));
  const [target, lowered] = [plain.url('/x.raw'), server.serve('/low.raw', '', { redirect: plain.url('/x.raw') })];
  const encrypted = `Cannot download ${lowered}: ${redirectsToUnencrypted(target)}.`;
  await refuse(host, lowered, encrypted);
  assert.deepEqual(plain.requests, []);
  assert.deepEqual(host.images(), []);
  // The one that is who it should be.
  await pull(host, server.url('/x.raw'));
});

test('proxies: http, https through a tunnel, and hosts that need none', async (t) => {
  if (!ready(t)) return;
  const { authority, environment } = authorityOf(t);
  const [proxy, plain, direct] = [await serverOf(t), await serverOf(t), await serverOf(t)];
  const secure = await serverOf(t, authority.issue('localhost'));
  const host = await ferryHost(t, {
    environment: {
      ...environment,
      http_proxy: `http://joe:s3cret@127.0.0.1:${proxy.port}`,
      https_proxy: `127.0.0.1:${proxy.port}`,
      no_proxy: `example.com,127.0.0.1:${direct.port}`,
    },
  });
  for (const server of [plain, secure, direct]) await pull(host, server.url('/x.raw'));
  assert.deepEqual([told(plain, 'via'), told(secure, 'via'), told(direct, 'via')].map(unique), [
    ['1.1 fault'],
    [undefined],
    [undefined],
  ]);
  assert.deepEqual(unique(told(proxy, 'proxy-authorization')), [basic('joe:s3cret')]);
  assert.deepEqual(unique(proxy.requests.filter(({ method }) => method === 'CONNECT').map(({ url }) => url)), [
    `localhost:${secure.port}`,
  ]);
  proxy.refuseTunnels = 407;
  await refuse(host, secure.url('/x.raw'), `${cannotDownload(secure.url('/x.raw'))} 407, ${proxyAsksForCredentials}.`);
  assert.doesNotMatch(host.log(), /s3cret/);
});

function unique(values: unknown[]): unknown[] {
  return [...new Set(values)];
}

test('proxies that are not there, or speak SOCKS', async (t) => {
  if (!needsProduct(t)) return;
  const environment = { http_proxy: 'http://127.0.0.1:1', all_proxy: 'socks5://joe:s3cret@127.0.0.1:1080' };
  const host = await ferryHost(t, { environment });
  await refuse(
    host,
    'http://example.com/x.raw',
    `Cannot download http://example.com/x.raw: the proxy 127.0.0.1:1 ${refusesConnections}`,
  );
  await refuse(
    host,
    'https://example.com/x.raw',
    "The proxy 'socks5://127.0.0.1:1080' from the environment is not an http:// or https:// URL.",
  );
  assert.doesNotMatch(host.log(), /s3cret/);
});

test('a login from netrc goes to its host, and no further', async (t) => {
  if (!needsProduct(t)) return;
  const [server, other] = [await serverOf(t), await serverOf(t)];
  const host = await ferryHost(t);
  writeFileSync(join(host.home, 'home', '.netrc'), 'machine 127.0.0.1 login me password s3cret\n', { mode: 0o600 });
  await pull(host, server.url('/x.raw'));
  await pull(host, server.url('/x.raw').replace('//', '//you:s3cret2@'));
  await pull(host, server.url('/x.raw', 'localhost'));
  assert.deepEqual(told(server, 'authorization'), [basic('me:s3cret'), basic('you:s3cret2'), undefined]);
  await pull(host, server.serve('/moved.raw', '', { redirect: other.url('/x.raw') }));
  assert.equal(server.requests.findLast(({ url }) => url === '/moved.raw')?.headers.authorization, basic('me:s3cret'));
  assert.deepEqual(told(other, 'authorization'), [undefined]);
  assert.doesNotMatch(host.log(), /s3cret/);
});

test('headers from a credential go to their host, over https only, and no further', async (t) => {
  if (!ready(t)) return;
  const { authority, environment } = authorityOf(t);
  const certificate = authority.issue('localhost');
  const [server, other, plain] = [await serverOf(t, certificate), await serverOf(t, certificate), await serverOf(t)];
  const directory = temporaryDirectory(t);
  const path = directory.file('ferry.headers');
  const host = await ferryHost(t, { environment: { ...environment, CREDENTIALS_DIRECTORY: directory.path } });
  const url = server.url('/x.raw');
  const bearer = 'Authorization: Bearer s3cret';
  writeFileSync(path, `# for tests\n\nlocalhost:${server.port} ${bearer}\n127.0.0.1:${plain.port} ${bearer}\n`);
  await pull(host, url);
  await pull(host, server.serve('/moved.raw', '', { redirect: other.url('/x.raw') }));
  assert.deepEqual(
    [server, other].map((each) => each.requests.map(({ headers }) => headers.authorization)).map(unique),
    [['Bearer s3cret'], [undefined]],
  );
  const said = await pull(host, plain.url('/x.raw'));
  assert.ok(said.includes(`${credentialNotSent(`127.0.0.1:${plain.port}`, plain.url('/x.raw'))}\n`), said);
  assert.deepEqual(told(plain, 'authorization'), [undefined]);
  // A redirect to the host that a header is for is no reason to send it.
  writeFileSync(path, `localhost:${other.port} ${bearer}\n`);
  await pull(host, server.url('/moved.raw'));
  assert.deepEqual(told(other, 'authorization'), [undefined, undefined]);
  writeFileSync(path, `localhost ${bearer}\nlocalhost:${server.port} s3cret\n`);
  const asked = server.requests.length;
  await refuse(host, url, `${headersCannotBeUsed(path)}: ${lineIsNotHeader(2)}.`);
  assert.equal(server.requests.length, asked);
  assert.doesNotMatch(host.log(), /s3cret/);
});

const user = 1000;

/** A user's service, with headers in the configuration of a home of the user's own. */
async function userWithHeaders(t: TestContext, text: string, options: HostOptions) {
  const home = temporaryDirectory(t).path;
  const path = join(home, '.config', 'ferry', 'headers');
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  for (const each of ['', '.config', '.config/ferry', '.config/ferry/headers']) chownSync(join(home, each), user, user);
  chmodSync(home, 0o755);
  return { path, host: await ferryHost(t, { user, ...options, environment: { ...options.environment, HOME: home } }) };
}

test('headers of a user are a secret, or are not used', async (t) => {
  if (!ready(t) || !needs(t, { root: true })) return;
  const { authority, environment } = authorityOf(t);
  chmodSync(authority.file, 0o644);
  const server = await serverOf(t, authority.issue('localhost'));
  const url = server.url('/x.raw');
  const { host, path } = await userWithHeaders(t, `localhost:${server.port} X-Token: s3cret\n`, { environment });
  const unusable = (why: string) => `${headersCannotBeUsed(path)}: ${why}`;
  for (const mode of ['0644', '0640', '0604', '0620']) {
    chmodSync(path, Number.parseInt(mode, 8));
    await refuse(host, url, unusable(`${othersCanReadIt(mode)}.`));
  }
  assert.deepEqual(server.requests, []);
  chmodSync(path, 0o600);
  await pull(host, url);
  assert.deepEqual(told(server, 'x-token'), ['s3cret']);
  rmSync(path);
  await pull(host, url);
  assert.deepEqual(told(server, 'x-token'), ['s3cret', undefined]);
  assert.doesNotMatch(host.log(), /s3cret/);
});
