import assert from 'node:assert/strict';
import test from 'node:test';
import type { Environment } from '../../../../../common/environment.js';
import { proxyFor } from '../../../../../service/http/connection/proxy.js';

const p = 'http://proxy:3128';
const rows: [url: string, environment: Environment, expected: string | null][] = [
  ['http://h/a', {}, null],
  ['http://h/a', { http_proxy: p }, 'http://proxy:3128/'],
  ['http://h/a', { HTTP_PROXY: p }, null],
  ['http://h/a', { https_proxy: p }, null],
  ['https://h/a', { https_proxy: p }, 'http://proxy:3128/'],
  ['https://h/a', { HTTPS_PROXY: p }, 'http://proxy:3128/'],
  ['https://h/a', { http_proxy: p }, null],
  ['https://h/a', { all_proxy: p }, 'http://proxy:3128/'],
  ['http://h/a', { ALL_PROXY: p }, 'http://proxy:3128/'],
  ['http://h/a', { http_proxy: 'proxy:3128' }, 'http://proxy:3128/'],
  ['http://h/a', { http_proxy: 'https://u:w@proxy' }, 'https://u:w@proxy/'],
  ['http://h/a', { http_proxy: '' }, null],
  ['http://h/a', { http_proxy: p, no_proxy: '*' }, null],
  ['http://h/a', { http_proxy: p, no_proxy: 'h' }, null],
  ['http://H/a', { http_proxy: p, NO_PROXY: 'x, h' }, null],
  ['http://h/a', { http_proxy: p, no_proxy: 'g' }, 'http://proxy:3128/'],
  ['http://a.example.com/', { http_proxy: p, no_proxy: 'example.com' }, null],
  ['http://a.example.com/', { http_proxy: p, no_proxy: '.example.com' }, null],
  ['http://a.example.com/', { http_proxy: p, no_proxy: '*.example.com' }, null],
  ['http://example.com/', { http_proxy: p, no_proxy: '.example.com' }, null],
  ['http://notexample.com/', { http_proxy: p, no_proxy: 'example.com' }, 'http://proxy:3128/'],
  ['http://h:8080/', { http_proxy: p, no_proxy: 'h:8080' }, null],
  ['http://h:8081/', { http_proxy: p, no_proxy: 'h:8080' }, 'http://proxy:3128/'],
  ['https://h/', { https_proxy: p, no_proxy: 'h:443' }, null],
  ['http://[::1]:80/', { http_proxy: p, no_proxy: '::1' }, null],
  ['http://[::1]:81/', { http_proxy: p, no_proxy: '[::1]:81' }, null],
  ['http://127.0.0.1/', { http_proxy: p, no_proxy: 'localhost,127.0.0.1' }, null],
];
for (const [url, environment, expected] of rows) {
  test(`proxy for ${url} with ${JSON.stringify(environment)}`, () => {
    assert.equal(proxyFor(new URL(url), environment)?.href ?? null, expected);
  });
}

for (const value of ['socks5://proxy:1080', 'http://user:secret@']) {
  test(`no proxy that we can use: ${value}`, () => {
    assert.throws(
      () => proxyFor(new URL('http://h/'), { http_proxy: value }),
      (error) =>
        error instanceof Error &&
        /^The proxy '.*' from the environment is not an http/.test(error.message) &&
        !error.message.includes('secret'),
    );
  });
}
