import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateDirectory } from '../../../../service/daemon/state-directory.js';

test('what outlives a boot is in /var/lib/ferry, for a user in their state directory', () => {
  assert.equal(stateDirectory('system', { XDG_STATE_HOME: '/state', HOME: '/root' }), '/var/lib/ferry');
  assert.equal(stateDirectory('user', { XDG_STATE_HOME: '/state', HOME: '/home/a' }), '/state/ferry');
  assert.equal(stateDirectory('user', { HOME: '/home/a' }), '/home/a/.local/state/ferry');
  assert.equal(stateDirectory('user', {}), undefined);
});

test('the directory that the service manager made is used, and not that of a service the client runs in', () => {
  assert.equal(stateDirectory('system', { STATE_DIRECTORY: '/var/lib/private/ferry' }), '/var/lib/private/ferry');
  assert.equal(stateDirectory('system', { STATE_DIRECTORY: '/var/lib/other:/srv/ferry' }), '/srv/ferry');
  assert.equal(stateDirectory('system', { STATE_DIRECTORY: '/var/lib/other' }), '/var/lib/ferry');
});

test('tests keep the state of their services in a directory of their own', () => {
  const environment = { FERRY_STATE_DIRECTORY: '/tmp/a', STATE_DIRECTORY: '/srv/ferry' };
  assert.equal(stateDirectory('system', environment), '/tmp/a');
  assert.equal(stateDirectory('system', { FERRY_STATE_DIRECTORY: 'a' }), '/var/lib/ferry');
});
