import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRegistryLogin, keysFor, parseAuthFile } from '../../../../common/credentials/auth-file.js';

const encoded = (text: string) => Buffer.from(text).toString('base64');

const file = parseAuthFile(
  JSON.stringify({
    auths: {
      'registry.example.com:5000': { auth: encoded('joe:pass:word') },
      'registry.example.com:5000/team/app': { auth: encoded('app:secret') },
      'https://index.docker.io/v1/': { username: 'hub', password: 'p' },
      'token.example.com': { auth: encoded('0:'), identitytoken: 'refresh' },
      'bearer.example.com': { registrytoken: 'bearer' },
      'empty.example.com': {},
      'odd.example.com': 'text',
      'noisy.example.com': { auth: encoded('no colon') },
    },
    credHelpers: { 'helped.example.com': 'pass', 'wrong.example.com': 7 },
    credsStore: 'desktop',
  }),
);

test('the most specific login of a file counts, and a password may have colons', () => {
  const login = (registry: string, repository: string) => findRegistryLogin(file, registry, repository);
  assert.deepEqual(login('registry.example.com:5000', 'x'), { user: 'joe', password: 'pass:word' });
  assert.deepEqual(login('registry.example.com:5000', 'team/app'), { user: 'app', password: 'secret' });
  assert.deepEqual(login('registry.example.com:5000', 'team/app/sub'), { user: 'app', password: 'secret' });
  assert.deepEqual(login('registry.example.com:5000', 'team/other'), { user: 'joe', password: 'pass:word' });
  assert.equal(login('registry.example.com', 'x'), undefined);
});

test('the login for the hub is found under each of its names', () => {
  for (const registry of ['docker.io', 'index.docker.io', 'registry-1.docker.io'])
    assert.deepEqual(findRegistryLogin(file, registry, 'library/debian'), { user: 'hub', password: 'p' });
});

test('tokens are logins, and entries that say nothing are not', () => {
  assert.deepEqual(findRegistryLogin(file, 'token.example.com', 'x'), { identityToken: 'refresh' });
  assert.deepEqual(findRegistryLogin(file, 'bearer.example.com', 'x'), { registryToken: 'bearer' });
  for (const name of ['empty', 'odd', 'noisy', 'other'])
    assert.equal(findRegistryLogin(file, `${name}.example.com`, 'x'), undefined);
  assert.deepEqual([...file.helpers], [['helped.example.com', 'pass']]);
  assert.equal(file.helper, 'desktop');
});

test('what is not a file of logins is refused, and one without any is none', () => {
  assert.throws(() => parseAuthFile('{'), SyntaxError);
  assert.throws(() => parseAuthFile('[]'), TypeError);
  const empty = parseAuthFile('{}');
  assert.deepEqual([empty.logins.size, empty.helpers.size, empty.helper], [0, 0, undefined]);
});

test('keys go from the whole repository to the host', () => {
  assert.deepEqual(keysFor('h:1', 'a/b'), ['h:1/a/b', 'h:1/a', 'h:1']);
});
