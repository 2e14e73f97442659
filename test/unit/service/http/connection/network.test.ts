import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Network } from '../../../../../service/http/connection/network.js';
import { fetchSmall } from '../../../../../service/http/small.js';
import { like, re } from '../../../../support/like.js';
import { FaultServer } from '../../../../support/servers/fault-server.js';
import { noSuchFile } from '../../../../support/texts/common.js';
import {
  certificateExpired,
  certificateOfAnotherHost,
  redirectsToUnencrypted,
  tlsFailed,
  tlsFailedBy,
  untrustedAuthority,
} from '../../../../support/texts/downloads.js';
import { get, trusted } from './asking.js';

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
