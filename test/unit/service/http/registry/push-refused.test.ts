import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegistryAccess } from '../../../../../service/http/registry/access.js';
import { needs } from '../../../../support/needs.js';
import { registryErrors, UploadRegistry } from '../../../../support/registry/upload-registry.js';
import { TestAuthority } from '../../../../support/servers/certificates.js';
import {
  notAnAnswer,
  redirectsToNoUrl,
  redirectsToOtherScheme,
  redirectsToUnencrypted,
} from '../../../../support/texts/downloads.js';
import { config, manifest, pushing } from './pushing.js';

test('a registry that keeps nothing is given up', async (t) => {
  const { registry, push, failOn } = await pushing(t);
  failOn('PATCH', { keepOnly: 0 }, 100);
  const message = `Cannot push to ${registry.host}/team/app: the registry has kept nothing of what was sent`;
  await assert.rejects(push(), { kind: 'UploadFailed', message });
});

test('a registry that claims to have more than was sent is refused', async (t) => {
  const { registry, push, failOn } = await pushing(t);
  failOn('PATCH', { headers: { Range: '0-999999999' } });
  const message = `Cannot push to ${registry.host}/team/app: the registry claims to have 1000000000 bytes`;
  await assert.rejects(push(), { kind: 'UploadFailed', message });
});

test('a refusal says why, in the words of the registry as well', async (t) => {
  const says = registryErrors('DENIED', 'requested access to the resource is denied\u001b[31m');
  const said = ' (the server says: DENIED: requested access to the resource is denied\\x1b[31m)';
  const cases: [method: string, status: number, access: Partial<RegistryAccess>, reason: string][] = [
    ['POST', 403, {}, 'writing there takes a login; see --authfile='],
    ['POST', 403, { token: 'x' }, 'this login may not write there: check the name, or log in with an account that may'],
    ['POST', 404, {}, 'the registry has no such repository and makes none: check the name'],
    ['POST', 405, {}, 'the registry takes nothing: it may be read-only'],
    ['PATCH', 413, {}, 'that is larger than the registry takes'],
    ['PUT', 400, {}, 'the registry refuses the request'],
    ['PUT', 415, {}, 'the registry does not take this kind of image'],
    ['POST', 507, {}, 'the registry has no room left'],
    ['POST', 200, {}, notAnAnswer],
  ];
  for (const [method, status, access, reason] of cases) {
    const { registry, push, failOn } = await pushing(t);
    failOn(method, { ...says, status }, 100);
    const message = `Cannot push to ${registry.host}/team/app: HTTP status ${status}, ${reason}${status < 400 ? '' : said}`;
    await assert.rejects(push({}, access), { kind: 'UploadFailed', message });
  }
});

test('an upload that leads to another host takes no login along', async (t) => {
  const { registry, push } = await pushing(t);
  await using store = await UploadRegistry.start();
  registry.locate = (path) => `http://${store.host}${path}?signed=secret`;
  store.fault = () => ({ status: 500, ...registryErrors('X', 'y') });
  await assert.rejects(push({}, { token: 'secret-token' }), ({ message, facts }: Error & { facts: unknown }) => {
    assert.doesNotMatch(`${message} ${JSON.stringify(facts)}`, /secret/);
    return true;
  });
  assert.ok(store.requests.length > 0);
  for (const { headers } of store.requests) assert.equal(headers['authorization'], undefined);
  assert.ok(registry.requests.every(({ headers }) => headers['authorization'] === 'Bearer secret-token'));
});

test('an upload never leads from https to http, or to what is not a URL', async (t) => {
  if (!needs(t, { programs: ['openssl'], features: ['localhost'] })) return;
  using authority = new TestAuthority();
  const cases: [location: string, reason: string][] = [
    ['http://127.0.0.1:1/x', redirectsToUnencrypted('http://127.0.0.1:1/x')],
    ['file:///etc/passwd', redirectsToOtherScheme('file:///etc/passwd')],
    ['http://[', redirectsToNoUrl],
  ];
  for (const [location, reason] of cases) {
    const { registry, push } = await pushing(t, authority);
    registry.locate = () => location;
    const message = `Cannot push to ${registry.host}/team/app: ${reason}`;
    await assert.rejects(push(), { kind: 'UploadFailed', message });
  }
});

test('a body is sent again to where a redirect of it leads, and the login is not', async (t) => {
  const { registry, push } = await pushing(t);
  await using store = await UploadRegistry.start();
  registry.fault = ({ method, url }) =>
    method === 'PATCH' ? { status: 307, headers: { Location: `http://${store.host}${url}` } } : undefined;
  store.fault = () => ({ status: 413 });
  await assert.rejects(push({}, { token: 't' }), { kind: 'UploadFailed' });
  assert.deepEqual(
    store.requests.map(({ method, received, headers }) => [method, received, headers['authorization']]),
    [['PATCH', 700_000, undefined]],
  );
});

test('a manifest that is stored under another digest is told of', async (t) => {
  const { registry, push } = await pushing(t);
  const headers = { 'Docker-Content-Digest': config.digest };
  registry.fault = ({ url }) => (url.includes('/manifests/') ? { headers } : undefined);
  const reason = `the registry has stored the manifest as ${config.digest}, not ${manifest.digest}`;
  await assert.rejects(push(), { message: `Cannot push to ${registry.host}/team/app: ${reason}` });
});
