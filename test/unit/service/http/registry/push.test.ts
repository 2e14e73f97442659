import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBusy, refusesConnections } from '../../../../support/texts/downloads.js';
import { assertPushed, layer, manifest, pushing } from './pushing.js';

test('an image is pushed in whole parts, and only what is not there', async (t) => {
  const { registry, push } = await pushing(t);
  const moved: number[] = [];
  assert.deepEqual(await push({ onProgress: (bytes) => moved.push(bytes) }), ['sent', 'sent']);
  assertPushed(registry);
  assert.deepEqual(registry.ranges, ['0-699999', '0-1']);
  assert.equal(moved.at(-1), 700_002);
  registry.requests.length = 0;
  assert.deepEqual(await push(), ['present', 'present']);
  assert.deepEqual(registry.methods, ['HEAD', 'HEAD', 'PUT']);
  registry.requests.length = 0;
  assert.deepEqual(await push({ dryRun: true, tag: '2' }), ['present', 'present']);
  assert.deepEqual(registry.methods, ['HEAD', 'HEAD']);
});

test('an upload that is cut goes on at what the registry has', async (t) => {
  const { registry, notices, push, failOn } = await pushing(t);
  failOn('PATCH', { cutAfter: 131_072 });
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
  assert.deepEqual(registry.ranges.slice(0, 2), ['0-699999', '131072-699999']);
  assert.match(notices[0] ?? '', /^The push of sha256:\w+ broke off \(.+\): trying again$/);
});

test('an upload that the registry has forgotten begins again', async (t) => {
  const { registry, push } = await pushing(t);
  let cuts = 0;
  registry.fault = ({ method }) => {
    if (method === 'GET') registry.forget();
    return method === 'PATCH' && cuts++ === 0 ? { cutAfter: 300_000 } : undefined;
  };
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
  assert.deepEqual(registry.ranges.slice(0, 2), ['0-699999', '0-699999']);
});

test('an upload goes on after status 500, and after ranges that are not what the registry has', async (t) => {
  for (const status of [500, 502, 416, 404]) {
    const { registry, push, failOn } = await pushing(t);
    failOn('PATCH', { status });
    assert.deepEqual(await push(), ['sent', 'sent'], String(status));
    assertPushed(registry);
  }
});

test('what a registry says that it has kept counts, not what was sent', async (t) => {
  const { registry, push, failOn } = await pushing(t);
  failOn('PATCH', { keepOnly: 1000 });
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
  assert.deepEqual(registry.ranges.slice(0, 2), ['0-699999', '1000-699999']);
});

test('chunks are no smaller than a registry wants them', async (t) => {
  const { registry, push, failOn } = await pushing(t);
  registry.uploadHeaders = { 'OCI-Chunk-Min-Length': '100000000' };
  failOn('PATCH', { cutAfter: 300_000 });
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
});

test('a manifest that breaks off is sent again', async (t) => {
  const { registry, notices, push } = await pushing(t);
  let failures = 1;
  registry.fault = ({ url }) => (url.includes('/manifests/') && failures-- > 0 ? { status: 502 } : undefined);
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
  assert.deepEqual(notices, [`The push of the manifest ${manifest.digest} broke off (HTTP status 502): trying again`]);
});

test('an answer that is lost is not a blob that is lost', async (t) => {
  const { registry, push, failOn } = await pushing(t);
  failOn('PUT', { silent: true });
  assert.deepEqual(await push(), ['sent', 'sent']);
  assertPushed(registry);
  assert.equal(registry.ranges.length, 2);
});

test('a registry that breaks off again and again is given up, and at once with --no-resume', async (t) => {
  for (const [resume, tries] of [
    [true, 2],
    [false, 1],
  ] as const) {
    const { registry, push, failOn } = await pushing(t);
    failOn('PATCH', { status: 500 }, 100);
    const reason = 'HTTP status 500, the registry failed: try again later';
    const message = `Cannot push to ${registry.host}/team/app: ${reason}`;
    await assert.rejects(push({ resume }), { kind: 'UploadFailed', message });
    assert.equal(registry.ranges.length, tries);
    assert.equal(registry.manifests.size, 0);
  }
});

test('a busy registry is waited for as long as it asks, within bounds', async (t) => {
  const { registry, notices, push, failOn } = await pushing(t);
  failOn('PATCH', { status: 429, headers: { 'Retry-After': '1' } });
  assert.deepEqual(await push(), ['sent', 'sent']);
  const url = registry.requests.find(({ method }) => method === 'PATCH')?.url ?? '';
  assert.deepEqual(notices, [`${registry.host} ${isBusy(429, url, 1)}`]);
  for (const [headers, reason] of [
    [{ 'Retry-After': '7200' }, 'the registry asks to wait 7200 s: try again then'],
    [{}, 'the registry has had too many requests from here: try again later'],
  ] as const) {
    failOn('POST', { status: 429, headers }, 100);
    registry.blobs.clear();
    const message = `Cannot push to ${registry.host}/team/app: HTTP status 429, ${reason}`;
    await assert.rejects(push(), { kind: 'UploadFailed', message });
  }
});

test('blobs of other repositories are taken from there, and sent where the registry does not take them', async (t) => {
  const { registry, push } = await pushing(t);
  registry.blobs.set(`base ${layer.digest}`, layer.bytes);
  registry.takesMounts = false;
  assert.deepEqual(await push({ mountFrom: ['other', 'base'] }), ['sent', 'sent']);
  assertPushed(registry);
  registry.takesMounts = true;
  registry.blobs.delete(`team/app ${layer.digest}`);
  assert.deepEqual(await push({ mountFrom: ['other', 'base'] }), ['mounted', 'present']);
  assertPushed(registry);
});

test('a registry that does not answer by https is spoken to by http where it may be', async (t) => {
  const { registry, push } = await pushing(t);
  const http = { base: registry.base, repository: 'team/app' };
  const https = { ...http, base: registry.base.replace('http:', 'https:') };
  assert.deepEqual(await push({ locations: [https, http] }), ['sent', 'sent']);
  const refused = { ...http, base: 'http://127.0.0.1:1/v2/' };
  const reason = `127.0.0.1:1 ${refusesConnections}`;
  const message = `Cannot push to 127.0.0.1:1/team/app: ${reason}`;
  await assert.rejects(push({ locations: [refused] }), { kind: 'UploadFailed', message });
});
