import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { Network, type NetworkOptions } from '../../../../../service/http/connection/network.js';
import { fetchSmall } from '../../../../../service/http/small.js';
import { like, re } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { TestAuthority } from '../../../../support/servers/certificates.js';
import { FaultServer } from '../../../../support/servers/fault-server.js';
import { noSuchFile } from '../../../../support/texts/common.js';
import {
  cannotDownload,
  certificateExpired,
  certificateOfAnotherHost,
  credentialNotSent,
  proxyAsksForCredentials,
  redirectsToUnencrypted,
  refusesConnections,
  tlsFailed,
  tlsFailedBy,
  untrustedAuthority,
} from '../../../../support/texts/downloads.js';

let authority: TestAuthority | null = null;

function trusted(t: TestContext): TestAuthority | null {
  if (!needs(t, { programs: ['openssl'], features: ['localhost'] })) return null;
  authority ??= new TestAuthority();
  return authority;
}

after(() => authority?.[Symbol.dispose]());

async function get(url: string, options: Partial<NetworkOptions> = {}, notices: string[] = []): Promise<string> {
  using network = new Network({ environment: {}, userAgent: 'ferry/test', ...options });
  const request = {
    network,
    signal: new AbortController().signal,
    onNotice: (text: string) => void notices.push(text),
  };
  return String(await fetchSmall(url, 1000, request));
}

describe('TLS', () => {
  test('the authority named by SSL_CERT_FILE is trusted', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using server = await FaultServer.start(ca.issue('localhost'));
    const url = server.serve('/f', 'secure');
    assert.equal(await get(url, { environment: { SSL_CERT_FILE: ca.file } }), 'secure');
  });

  test('so is one in SSL_CERT_DIR, and one in NODE_EXTRA_CA_CERTS', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using server = await FaultServer.start(ca.issue('localhost'));
    const url = server.serve('/f', 'secure');
    assert.equal(await get(url, { environment: { SSL_CERT_DIR: ca.directory } }), 'secure');
    assert.equal(await get(url, { environment: { NODE_EXTRA_CA_CERTS: ca.file } }), 'secure');
  });

  test('what cannot be read is told with the variable that names it, not as a fault of the server', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using server = await FaultServer.start(ca.issue('localhost'));
    const url = server.serve('/f', 'secure');
    for (const [environment, path] of [
      [{ SSL_CERT_FILE: '/nowhere/ca.pem' }, '/nowhere/ca.pem'],
      [{ SSL_CERT_DIR: `:${ca.directory}:/nowhere` }, '/nowhere'],
      [{ SSL_CERT_FILE: ca.file, NODE_EXTRA_CA_CERTS: '/nowhere/extra' }, '/nowhere/extra'],
    ] as const) {
      const variable = Object.keys(environment).at(-1);
      const message = `Cannot read the certificates '${path}' ($${variable}): ${noSuchFile}`;
      await assert.rejects(get(url, { environment }), { kind: 'FileSystemError', message });
    }
  });

  test('another is not', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using server = await FaultServer.start(ca.issue('localhost'));
    const url = server.serve('/f', 'secure');
    const host = `localhost:${server.port}`;
    await assert.rejects(get(url), {
      message: `Cannot download ${url}: ${untrustedAuthority(host, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')}.`,
    });
    assert.equal(server.requests.length, 0);
  });

  test('expired, of another host, no TLS at all', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    const environment = { SSL_CERT_FILE: ca.file };
    await using expired = await FaultServer.start(ca.issue('localhost', -1));
    const expiredUrl = expired.serve('/f', '');
    await assert.rejects(get(expiredUrl, { environment }), {
      message: `Cannot download ${expiredUrl}: ${certificateExpired(`localhost:${expired.port}`)}`,
    });
    await using other = await FaultServer.start(ca.issue('other.example.com'));
    await assert.rejects(get(other.serve('/f', ''), { environment }), {
      message: like`: ${certificateOfAnotherHost} localhost:\d+: Hostname\/IP does not match certificate's altnames: Host: localhost\. is not in the cert's altnames: DNS:other\.example\.com\.?$`,
    });
    await using plain = await FaultServer.start();
    const host = re(/127\.0\.0\.1:\d+/);
    await assert.rejects(get(plain.serve('/f', '').replace('http:', 'https:'), { environment }), {
      message: like`: (${tlsFailed(host)}|${tlsFailedBy(host, re(/.*/))})$`,
    });
  });

  test('a redirect from https to http is refused', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using plain = await FaultServer.start();
    await using server = await FaultServer.start(ca.issue('localhost'));
    const target = plain.serve('/target', 'plain');
    const url = server.serve('/f', '', { redirect: target });
    await assert.rejects(get(url, { environment: { SSL_CERT_FILE: ca.file } }), {
      message: `Cannot download ${url}: ${redirectsToUnencrypted(target)}.`,
    });
    assert.equal(plain.requests.length, 0);
  });
});

describe('credentials', () => {
  const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

  test('netrc, the URL before netrc', async () => {
    await using server = await FaultServer.start();
    const netrc = 'machine 127.0.0.1 login me password secret';
    const url = server.serve('/f', 'x');
    await get(url, { netrc });
    await get(url.replace('//', '//you:p%40ss@'), { netrc });
    await get(server.url('/f', 'localhost'), { netrc });
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      [basic('me:secret'), basic('you:p@ss'), undefined],
    );
  });

  test('none after a redirect to another origin, again on the same one', async () => {
    await using other = await FaultServer.start();
    await using server = await FaultServer.start();
    const netrc = 'default login me password secret';
    other.serve('/target', 'x');
    server.serve('/same', '', { redirect: other.url('/target') });
    await get(server.serve('/f', '', { redirect: '/same' }), { netrc });
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      [basic('me:secret'), basic('me:secret')],
    );
    assert.equal(other.requests[0]?.headers.authorization, undefined);
  });

  test('a login that a redirect brings is not sent', async () => {
    await using server = await FaultServer.start();
    server.serve('/target', 'x');
    await get(server.serve('/f', '', { redirect: server.url('/target').replace('//', '//evil:evil@') }));
    assert.equal(server.requests[1]?.headers.authorization, undefined);
  });

  test('a header for one host, over https only', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    const environment = { SSL_CERT_FILE: ca.file };
    await using server = await FaultServer.start(ca.issue('localhost'));
    await using plain = await FaultServer.start();
    const url = server.serve('/f', 'x');
    const credential = { host: `localhost:${server.port}`, header: 'Authorization: Bearer token' };
    await get(url, { environment, credentials: [credential] });
    await get(url, { environment, credentials: [{ ...credential, host: 'localhost' }] });
    await get(url, { environment, credentials: [{ ...credential, host: 'example.com' }] });
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer token', undefined, undefined],
    );
    const notices: string[] = [];
    const plainUrl = plain.serve('/f', 'x');
    const host = `127.0.0.1:${plain.port}`;
    await get(plainUrl, { credentials: [{ ...credential, host }] }, notices);
    assert.equal(plain.requests[0]?.headers.authorization, undefined);
    assert.deepEqual(notices, [credentialNotSent(host, plainUrl)]);
  });

  test('a header is dropped on a redirect to another origin, and not picked up by one to its host', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    const environment = { SSL_CERT_FILE: ca.file };
    await using first = await FaultServer.start(ca.issue('localhost'));
    await using second = await FaultServer.start(ca.issue('localhost'));
    second.serve('/target', 'x');
    const url = first.serve('/f', '', { redirect: second.url('/target') });
    for (const port of [first.port, second.port]) {
      await get(url, { environment, credentials: [{ host: `localhost:${port}`, header: 'X-Token: secret' }] });
    }
    assert.deepEqual(
      first.requests.map(({ headers }) => headers['x-token']),
      ['secret', undefined],
    );
    assert.deepEqual(
      second.requests.map(({ headers }) => headers['x-token']),
      [undefined, undefined],
    );
  });
});

describe('proxies', () => {
  test('http through http_proxy, unless no_proxy names the host', async () => {
    await using proxy = await FaultServer.start();
    await using server = await FaultServer.start();
    const url = server.serve('/f', 'x');
    const http_proxy = `http://user:pass@127.0.0.1:${proxy.port}`;
    assert.equal(await get(url, { environment: { http_proxy } }), 'x');
    assert.equal(await get(url, { environment: { http_proxy, no_proxy: '127.0.0.1' } }), 'x');
    assert.deepEqual(
      proxy.requests.map((request) => request.url),
      [url],
    );
    assert.equal(
      proxy.requests[0]?.headers['proxy-authorization'],
      `Basic ${Buffer.from('user:pass').toString('base64')}`,
    );
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.via),
      ['1.1 fault', undefined],
    );
  });

  test('https through a tunnel', async (t) => {
    const ca = trusted(t);
    if (!ca) return;
    await using proxy = await FaultServer.start();
    await using server = await FaultServer.start(ca.issue('localhost'));
    const environment = { https_proxy: `http://127.0.0.1:${proxy.port}`, SSL_CERT_FILE: ca.file };
    assert.equal(await get(server.serve('/f', 'x'), { environment }), 'x');
    assert.deepEqual(
      proxy.requests.map(({ method, url }) => `${method} ${url}`),
      [`CONNECT localhost:${server.port}`],
    );
  });

  test('a resumed download goes through the proxy again', async () => {
    await using proxy = await FaultServer.start();
    await using server = await FaultServer.start();
    const url = server.serve('/f', 'abcdefgh', { hangUpTimes: 0 });
    using network = new Network({ environment: { all_proxy: `127.0.0.1:${proxy.port}` }, userAgent: 'ferry/test' });
    const request = { network, signal: new AbortController().signal, onNotice() {} };
    for (let index = 0; index < 3; index++) assert.equal(String(await fetchSmall(url, 100, request)), 'abcdefgh');
    assert.equal(proxy.requests.length, 3);
  });

  test('a proxy that is not there, and one that refuses, are named', async (t) => {
    await assert.rejects(get('http://example.com/f', { environment: { http_proxy: 'http://127.0.0.1:1' } }), {
      message: `Cannot download http://example.com/f: the proxy 127.0.0.1:1 ${refusesConnections}`,
    });
    const ca = trusted(t);
    if (!ca) return;
    await using proxy = await FaultServer.start();
    proxy.refuseTunnels = 407;
    await assert.rejects(get('https://example.com/f', { environment: { https_proxy: proxy.url('') } }), {
      message: `${cannotDownload('https://example.com/f')} 407, ${proxyAsksForCredentials}.`,
    });
  });
});

test('connections are kept alive and shared', async () => {
  await using server = await FaultServer.start();
  using network = new Network({ environment: {}, userAgent: 'ferry/test' });
  const request = { network, signal: new AbortController().signal, onNotice() {} };
  const ports = new Set<number | undefined>();
  const hook = (
    incoming: { socket: { remotePort?: number | undefined } },
    response: { end: (text: string) => void },
  ) => {
    ports.add(incoming.socket.remotePort);
    response.end('x');
  };
  for (let index = 0; index < 5; index++) await fetchSmall(server.serve(`/${index}`, '', { hook }), 100, request);
  assert.equal(await fetchSmall(server.url('/none'), 100, request), undefined);
  assert.equal(ports.size, 1);
});

test('nothing is read from the environment of the process', async () => {
  await using server = await FaultServer.start();
  const directory = mkdtempSync('/var/tmp/ferry-network-');
  const url = server.serve('/f', 'x');
  const module = new URL('../../../../../service/http/', import.meta.url).pathname;
  const program = `
    import { Network } from '${join(module, 'connection/network.js')}';
    import { fetchSmall } from '${join(module, 'small.js')}';
    const network = new Network({ environment: {}, userAgent: 'x' });
    const request = { network, signal: new AbortController().signal, onNotice() {} };
    console.log(String(await fetchSmall('${url}', 100, request)));
    network[Symbol.dispose]();`;
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: directory,
    env: { http_proxy: 'http://127.0.0.1:1', all_proxy: 'http://127.0.0.1:1' },
  });
  const output = await new Promise<string>((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('close', () => resolve(text));
  });
  rmSync(directory, { recursive: true });
  assert.equal(output, 'x\n');
});
