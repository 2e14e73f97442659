import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fetchSmall } from '../../../../service/http/small.js';
import { FaultServer } from '../../../support/servers/fault-server.js';
import { isLargerThan, notEncodedAsSaid } from '../../../support/texts/downloads.js';
import { mebibyte, open, small } from './downloading.js';

describe('small files', () => {
  const request = { signal: new AbortController().signal, onNotice() {} };

  test('whole, absent, too large, cut, gzip-encoded', async () => {
    const { gzipSync } = await import('node:zlib');
    await using server = await FaultServer.start();
    const network = open();
    const fetch = (url: string, limit = mebibyte) => fetchSmall(url, limit, { ...request, network });
    assert.deepEqual(await fetch(server.serve('/a', 'text')), Buffer.from('text'));
    assert.equal(await fetch(server.url('/none')), undefined);
    await assert.rejects(fetch(server.serve('/b', small), 1000), {
      message: `${server.url('/b')} ${isLargerThan(1000)}`,
    });
    assert.deepEqual(await fetch(server.serve('/c', small, { cutAt: 50_000, etags: ['none'] })), small);
    const encoded = { headers: { 'Content-Encoding': 'gzip' } };
    assert.deepEqual(await fetch(server.serve('/d', gzipSync('text'), encoded)), Buffer.from('text'));
    const message = (path: string) => `Cannot decode ${server.url(path)}: ${notEncodedAsSaid('gzip', mebibyte)}`;
    await assert.rejects(fetch(server.serve('/e', small, encoded)), { message: message('/e') });
    await assert.rejects(fetch(server.serve('/g', gzipSync(Buffer.alloc(1e8)), encoded)), { message: message('/g') });
    network[Symbol.dispose]();
  });
});
