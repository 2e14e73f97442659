import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Network } from '../../../../../service/http/connection/network.js';
import { fetchSmall } from '../../../../../service/http/small.js';
import { FaultServer } from '../../../../support/servers/fault-server.js';
import {
  cannotDownload,
  credentialNotSent,
  proxyAsksForCredentials,
  refusesConnections,
} from '../../../../support/texts/downloads.js';
import { get, trusted } from './asking.js';

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
