import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parseReference } from '../../../../../service/formats/oci/reference.js';
import { locationsOf } from '../../../../../service/transfers/oci/locations.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { fakeHost } from '../fake-workers.js';

const request = {
  image: {
    format: 'tar',
    class: 'machine',
    imageRoot: '/images',
    name: 'x',
    force: false,
    readOnly: false,
    sizeMax: 1,
    strict: false,
  },
  reference: parseReference('r.example.com:5000/team/x'),
  remote: 'r.example.com:5000/team/x',
  layout: 'tree',
  platform: { os: 'linux', architecture: 'amd64' },
  credentials: [],
  netrc: undefined,
  verification: undefined,
  keyrings: [],
  limitRate: undefined,
  resume: true,
} as const;

function prepare(t: TestContext, logins?: string) {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('credentials'));
  if (logins !== undefined) writeFileSync(directory.file('credentials', 'ferry.registry-auth'), logins);
  const host = fakeHost(directory.file('run'), {});
  const path = directory.file('credentials', 'ferry.registry-auth');
  return { host: { ...host, environment: { CREDENTIALS_DIRECTORY: directory.file('credentials') } }, path };
}

function file(login: string): string {
  return JSON.stringify({ auths: { 'r.example.com:5000': { auth: Buffer.from(login).toString('base64') } } });
}

const place = { base: 'https://r.example.com:5000/v2/', repository: 'team/x' };
const nobody = { ...place, user: undefined, password: undefined, identityToken: undefined, token: undefined };

test('a registry is told what the caller gives, else what the host has, else what the netrc file has', (t) => {
  const { host } = prepare(t, file('host:h'));
  const without = prepare(t).host;
  const access = (of: typeof host, more: object) => locationsOf(of, { ...request, ...more })[0]?.access;
  const netrc = 'machine r.example.com login net password n';
  const credentials = [{ registry: 'r.example.com:5000', user: 'caller', password: 'c' }];
  assert.deepEqual(access(host, { netrc, credentials }), { ...nobody, user: 'caller', password: 'c' });
  assert.deepEqual(access(host, { netrc }), { ...nobody, user: 'host', password: 'h' });
  assert.deepEqual(access(without, { netrc }), { ...nobody, user: 'net', password: 'n' });
  assert.deepEqual(access(without, {}), nobody);
  const ofOther = [{ registry: 'other.example.com', user: 'o', password: 'o' }];
  assert.deepEqual(access(without, { credentials: ofOther }), nobody);
  const token = [{ registry: 'r.example.com:5000', registryToken: 't' }];
  assert.deepEqual(access(without, { credentials: token }), { ...nobody, token: 't' });
});

test('logins of the host that make no sense are named, and not shown', (t) => {
  const { host, path } = prepare(t, 's3cret');
  assert.throws(() => locationsOf(host, request), {
    kind: 'DownloadFailed',
    message: `Cannot use the logins for registries in ${path}: it is not JSON as containers-auth.json(5) has it`,
  });
});
