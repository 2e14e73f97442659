import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidateFileNames, imageFileName, imageRootPath, searchPaths } from '../../../common/image-classes.js';

test('new images go where systemd keeps them', () => {
  assert.equal(imageRootPath('machine', 'system'), '/var/lib/machines');
  assert.equal(imageRootPath('portable', 'system'), '/var/lib/portables');
  assert.equal(imageRootPath('sysext', 'system'), '/var/lib/extensions');
  assert.equal(imageRootPath('confext', 'system'), '/var/lib/confexts');
});

test('a user has one directory per class', () => {
  assert.equal(imageRootPath('machine', 'user', { HOME: '/home/u' }), '/home/u/.local/state/machines');
  assert.equal(imageRootPath('confext', 'user', { HOME: '/home/u', XDG_STATE_HOME: '/s' }), '/s/confexts');
  assert.equal(
    imageRootPath('sysext', 'user', { HOME: '/home/u', XDG_STATE_HOME: 'rel' }),
    '/home/u/.local/state/extensions',
  );
  assert.equal(imageRootPath('machine', 'user', {}), undefined);
});

test('search paths', () => {
  assert.equal(searchPaths('machine', 'system', {})[0], '/etc/machines');
  assert.deepEqual(searchPaths('portable', 'user', { HOME: '/h', XDG_RUNTIME_DIR: '/run/user/1' }), [
    '/run/user/1/portables',
    '/h/.local/state/portables',
    '/h/.local/lib/portables',
  ]);
  assert.deepEqual(searchPaths('sysext', 'user', { HOME: '/h' }), [
    '/h/.local/state/extensions',
    '/h/.local/lib/extensions',
  ]);
  assert.deepEqual(searchPaths('confext', 'user', {}), []);
});

test('the forms in which a name may be taken', () => {
  assert.deepEqual(candidateFileNames('a', 'machine'), ['a', 'a.raw', 'a.mstack', 'a.v', 'a.raw.v', 'a.mstack.v']);
  assert.deepEqual(candidateFileNames('a', 'sysext').slice(0, 6), [
    'a.sysext',
    'a',
    'a.sysext.raw',
    'a.raw',
    'a.sysext.mstack',
    'a.mstack',
  ]);
  assert.equal(imageFileName('a', 'raw'), 'a.raw');
  assert.equal(imageFileName('a', 'tar'), 'a');
});
