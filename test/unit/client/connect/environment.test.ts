import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verbTable } from '../../../../client/cli/verbs.js';
import {
  environmentForService,
  environmentWarning,
  unreadableVariables,
} from '../../../../client/connect/environment.js';
import type { Environment } from '../../../../common/environment.js';
import { VarlinkError } from '../../../../varlink/error.js';

const takesOf = (verb: string) => verbTable.find(({ name }) => name === verb)?.takes ?? [];

/** What a command says where the service has this environment, or answers with an error of that name. */
async function warning(
  verb: string,
  environment: Environment,
  service: Environment | string,
  scope?: 'system' | 'user',
) {
  const ask = async <Reply>() => {
    if (typeof service === 'string') throw new VarlinkError(service, {});
    return { environment: Object.entries(service).map(([name, value]) => `${name}=${value}`) } as Reply;
  };
  return await environmentWarning({ environment, takes: takesOf(verb), scope }, ask);
}

/** The variables that a warning names. */
const named = (text: string | undefined) => [...(text ?? '').matchAll(/\$(\w+)/g)].map(([, name]) => name);

const everything = {
  http_proxy: 'http://p:1',
  HTTPS_PROXY: 'http://p:2',
  no_proxy: 'localhost',
  SSL_CERT_FILE: '/c',
  SSL_CERT_DIR: '/d',
  NODE_EXTRA_CA_CERTS: '/e',
  NETRC: '/n',
  SYSTEMD_OPENPGP_KEYRING: '/k',
  SYSTEMD_IMPORT_SYNC: '0',
  SYSTEMD_IMPORT_BTRFS_SUBVOL: '0',
  SYSTEMD_IMPORT_BTRFS_QUOTA: '1',
  SYSTEMD_NSPAWN_LOCK: '0',
};

const ofDownloads = [
  'http_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'NETRC',
];
const ofNew = ['SYSTEMD_IMPORT_SYNC', 'SYSTEMD_IMPORT_BTRFS_SUBVOL', 'SYSTEMD_IMPORT_BTRFS_QUOTA'];

test('what a running service does not take from the environment is named, by what the verb does', async () => {
  for (const [verb, names] of [
    ['pull-raw', [...ofDownloads, 'SYSTEMD_OPENPGP_KEYRING', ...ofNew, 'SYSTEMD_NSPAWN_LOCK']],
    ['import-fs', [...ofNew, 'SYSTEMD_NSPAWN_LOCK']],
    ['clone-image', [...ofNew, 'SYSTEMD_NSPAWN_LOCK']],
    ['remove-image', ['SYSTEMD_NSPAWN_LOCK']],
    ['export-tar', ['SYSTEMD_NSPAWN_LOCK']],
    ['list-transfers', []],
    ['cancel-transfer', []],
  ] as const) {
    assert.deepEqual(named(await warning(verb, everything, {})).sort(), [...names].sort(), verb);
    assert.equal(await warning(verb, everything, everything), undefined);
    assert.equal(await warning(verb, {}, everything), undefined);
  }
});

test('the warning says how to set it: for a service of systemd, one that a client started, and that of somebody else', async () => {
  const ours = { http_proxy: 'http://user:secret@p:1', SYSTEMD_EXEC_PID: '5' };
  const both = { ...ours, SSL_CERT_FILE: '/c' };
  const tell = (service: Environment | string, scope: 'system' | 'user', environment: Environment = ours) =>
    warning('pull-tar', environment, service, scope);
  assert.equal(
    await tell({ SYSTEMD_EXEC_PID: '9' }, 'system'),
    "$http_proxy has no effect: the service has its own environment; set Environment= with 'systemctl edit ferry.service' and restart it",
  );
  assert.equal(
    await tell({ SYSTEMD_EXEC_PID: '9', http_proxy: 'http://other:1' }, 'user', both),
    "$http_proxy, $SSL_CERT_FILE have no effect: the service has its own environment; set Environment= with 'systemctl --user edit ferry.service' and restart it",
  );
  assert.equal(
    await tell({ SYSTEMD_EXEC_PID: '5' }, 'system'),
    '$http_proxy has no effect: the service already runs, with another environment; try again when its transfers have ended',
  );
  assert.equal(
    await tell('org.varlink.service.PermissionDenied', 'system'),
    "$http_proxy has no effect: the service of the system has its own environment; root can set Environment= with 'systemctl edit ferry.service'",
  );
  assert.equal(await tell('org.varlink.service.InterfaceNotFound', 'system'), undefined);
  assert.equal(await tell('org.varlink.service.PermissionDenied', 'system', {}), undefined);
});

test('what would change nothing is not worth a word', async () => {
  assert.equal(
    await warning('pull-tar', { no_proxy: '*', NO_PROXY: 'x', http_proxy: '', HTTP_PROXY: 'unread' }, {}),
    undefined,
  );
  assert.equal(await warning('pull-tar', { SSL_CERT_FILE: 'a=b\nc' }, { SSL_CERT_FILE: 'a=b\nc' }), undefined);
});

test('images of a user that are in another directory for the service are told of', async () => {
  const home = { HOME: '/home/a' };
  const told = async (verb: string, ours: Environment, theirs: Environment, scope?: 'user' | 'system') =>
    named(await warning(verb, ours, theirs, scope));
  assert.deepEqual(await told('list-images', { ...home, XDG_STATE_HOME: '/s' }, home, 'user'), ['XDG_STATE_HOME']);
  assert.deepEqual(await told('list-images', home, { ...home, XDG_STATE_HOME: '/s' }, 'user'), ['HOME']);
  assert.deepEqual(await told('list-images', home, { ...home, XDG_STATE_HOME: '/home/a/.local/state' }, 'user'), []);
  assert.deepEqual(await told('list-images', { ...home, XDG_STATE_HOME: '/s' }, home, 'system'), []);
  assert.deepEqual(await told('list-images', { ...home, XDG_STATE_HOME: '/s' }, home), []);
  assert.deepEqual(await told('list-transfers', { ...home, XDG_STATE_HOME: '/s' }, home, 'user'), []);
});

test('a service that is started has paths that do not depend on its working directory', () => {
  const env = {
    SSL_CERT_FILE: 'c.pem',
    SSL_CERT_DIR: 'd:/e',
    NODE_EXTRA_CA_CERTS: '../x.pem',
    NETRC: '/n',
    SYSTEMD_OPENPGP_KEYRING: 'k.pgp',
    NOT_OURS: 'relative',
  };
  assert.deepEqual(environmentForService({ variables: env, workingDirectory: '/srv/place' }), {
    SSL_CERT_FILE: '/srv/place/c.pem',
    SSL_CERT_DIR: '/srv/place/d:/e',
    NODE_EXTRA_CA_CERTS: '/srv/x.pem',
    NETRC: '/n',
    SYSTEMD_OPENPGP_KEYRING: '/srv/place/k.pgp',
    NOT_OURS: 'relative',
  });
  assert.deepEqual(environmentForService({ variables: { A: 'b' }, workingDirectory: '/x' }), { A: 'b' });
});

test('a boolean that the service could not read is told by the client', () => {
  const environment = { SYSTEMD_IMPORT_SYNC: 'maybe', SYSTEMD_NSPAWN_LOCK: 'off', SYSTEMD_IMPORT_BTRFS_QUOTA: '' };
  const lines = (verb: string) => unreadableVariables({ environment, takes: takesOf(verb), scope: undefined });
  const says = "Cannot read $SYSTEMD_IMPORT_SYNC: 'maybe' is not a boolean; its default counts";
  assert.deepEqual([lines('import-fs'), lines('remove-image')], [[says], []]);
});

test('where a user has their headers matters to their own service only', async () => {
  const ours = { XDG_CONFIG_HOME: '/c', HOME: '/h' };
  const told = async (verb: string, scope: 'user' | 'system') =>
    named(await warning(verb, ours, { HOME: '/h' }, scope));
  assert.deepEqual(await told('pull-raw', 'user'), ['XDG_CONFIG_HOME']);
  assert.deepEqual(await told('pull-raw', 'system'), []);
  assert.deepEqual(await told('import-fs', 'user'), []);
});
