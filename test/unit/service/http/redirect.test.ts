import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Response } from 'node-fetch';
import type { Network } from '../../../../service/http/connection/network.js';
import { type Answer, ask } from '../../../../service/http/redirect.js';
import { like } from '../../../support/like.js';
import { tooManyRedirects } from '../../../support/texts/downloads.js';

/** What was asked for, and with what login. */
interface Asked {
  readonly url: string;
  readonly secret: string | undefined;
}

interface Way {
  /** Where the user's URL leads, one after the other. */
  readonly hops: readonly string[];
  readonly netrc?: string;
  readonly credentials?: Network['credentials'];
}

/** Follows redirects where nothing is sent. */
async function follow(from: string, { hops, netrc = '', credentials = [] }: Way): Promise<[Asked[], Answer]> {
  const asked: Asked[] = [];
  const get = async (url: URL, headers: Record<string, string>) => {
    const location = hops[asked.length];
    asked.push({ url: url.href, secret: headers['Authorization'] ?? headers['X-Token'] });
    return location === undefined ? new Response('x') : new Response('', { status: 302, headers: { location } });
  };
  const question = { url: new URL(from), headers: {}, signal: new AbortController().signal, onNotice: () => {} };
  const answer = await ask({ get, netrc, credentials } as unknown as Network, question);
  return [asked, answer];
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const login = basic('joe:pw');
const netrc = 'machine h login joe password pw\nmachine other login eve password x\n';
const from = 'https://joe:pw@h/x';

/** Where a redirect leads from https://joe:pw@h/x, and whether the login of the user goes along. */
const destinations: [to: string, secret: string | undefined][] = [
  ['https://h/y', login],
  ['/y', login],
  ['https://H:443/y', login],
  ['https://h:8443/y', undefined],
  ['https://other/y', undefined],
  ['https://www.h/y', undefined],
  ['https://h.example/y', undefined],
  ['https://eve:x@h/y', login],
  ['https://eve:x@other/y', undefined],
];

for (const [to, secret] of destinations) {
  test(`a login goes ${secret === undefined ? 'not' : 'along'} from ${from} to ${to}`, async () => {
    const [asked, { url }] = await follow(from, { hops: [to] });
    assert.deepEqual(asked, [
      { url: 'https://h/x', secret: login },
      { url: url.href, secret },
    ]);
    assert.equal(url.username, '');
  });

  test(`nor does one of netrc or of the headers for the host: ${to}`, async () => {
    const [byNetrc] = await follow('https://h/x', { hops: [to], netrc });
    assert.deepEqual([byNetrc[0]?.secret, byNetrc[1]?.secret], [login, secret]);
    const credentials = ['h', 'other'].map((host) => ({ host, header: `X-Token: ${host}` }));
    const [byHeader] = await follow('https://h/x', { hops: [to], credentials });
    assert.deepEqual([byHeader[0]?.secret, byHeader[1]?.secret], ['h', secret && 'h']);
  });
}

test('a login is sent again to where the way comes back', async () => {
  const [asked] = await follow(from, { hops: ['https://other/y', 'https://h/z'] });
  assert.deepEqual(
    asked.map(({ secret }) => secret),
    [login, undefined, login],
  );
});

const refused: [from: string, to: string, reason: RegExp][] = [
  ['https://h/x', 'http://h/y', /redirects from https to http:\/\/h\/y, which is not encrypted/],
  ['https://h/x', 'http://other/y', /redirects from https to http:\/\/other\/y, which is not encrypted/],
  ['http://h/x', 'file:///etc/shadow', /redirects to file:\/\/\/etc\/shadow, which is not http or https/],
  ['http://h/x', 'http://h/x', /redirects in a circle, back to http:\/\/h\/x/],
  ['http://h/x', 'http://eve:pw@h/x', /redirects in a circle, back to http:\/\/h\/x/],
];

for (const [start, to, reason] of refused)
  test(`a redirect from ${start} to ${to} is refused`, async () => {
    await assert.rejects(follow(start, { hops: [to] }), { kind: 'DownloadFailed', message: reason });
  });

test('https that is left on the way is not come by again', async () => {
  const [asked] = await follow('http://h/x', { hops: ['https://h/y'] });
  assert.equal(asked.length, 2);
  await assert.rejects(follow('http://h/x', { hops: ['https://h/y', 'http://h/z'] }), /from https to http:\/\/h\/z/);
});

test('twenty redirects are followed, and no more', async () => {
  const hops = Array.from({ length: 21 }, (_, index) => `http://h/${index}`);
  const [asked] = await follow('http://h/x', { hops: hops.slice(0, 20) });
  assert.equal(asked.length, 21);
  await assert.rejects(follow('http://h/x', { hops }), like`${tooManyRedirects(20)}`);
});
