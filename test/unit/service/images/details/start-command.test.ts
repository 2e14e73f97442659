import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCommands } from '../../../../../service/images/details/start-command.js';
import type { Image } from '../../../../../service/images/manage/images.js';

const image: Image = {
  class: 'machine',
  name: 'x',
  type: 'directory',
  path: '/var/lib/machines/x',
  readOnly: false,
  hidden: false,
  creationTimestamp: undefined,
  modificationTimestamp: undefined,
  usage: undefined,
  usageExclusive: undefined,
  limit: undefined,
  limitExclusive: undefined,
};

function commands(changes: Partial<Image>, root?: string, scope: 'system' | 'user' = 'system'): string[] {
  return startCommands({ ...image, ...changes }, { root }, { scope, environment: { HOME: '/home/a' } });
}

test('each class of image has the commands that put it to use', () => {
  assert.deepEqual(commands({}), ['machinectl start x', 'systemd-nspawn -M x']);
  const portable = { class: 'portable', path: '/var/lib/portables/x.raw', type: 'raw' } as const;
  assert.deepEqual(commands(portable), ['portablectl attach x']);
  assert.deepEqual(commands({ class: 'sysext', path: '/var/lib/extensions/x' }), ['systemd-sysext refresh']);
  assert.deepEqual(commands({ class: 'confext', path: '/var/lib/confexts/x' }), ['systemd-confext refresh']);
  assert.deepEqual(commands({ type: 'mstack', path: '/s/x.mstack' }), ['systemd-nspawn --mstack=/s/x.mstack']);
});

test('an image that is not found by its name is started by its path', () => {
  assert.deepEqual(commands({ path: '/srv/a b/x' }, '/srv/a b'), ["systemd-nspawn -D '/srv/a b/x'"]);
  assert.deepEqual(commands({ path: '/srv/x.raw', type: 'raw' }, '/srv'), ['systemd-nspawn -i /srv/x.raw']);
  assert.deepEqual(commands({ class: 'portable', path: '/srv/x' }, '/srv'), ['portablectl attach /srv/x']);
  assert.deepEqual(commands({ class: 'sysext', path: '/srv/x' }, '/srv'), []);
});

test('a user starts an image by its path', () => {
  const path = '/home/a/.local/state/machines/x';
  assert.deepEqual(commands({ path }, undefined, 'user'), [`systemd-nspawn -D ${path}`]);
  const portable = { class: 'portable', path: '/home/a/.local/state/portables/x' } as const;
  assert.deepEqual(commands(portable, undefined, 'user'), ['portablectl --user attach x']);
});

test('nothing that is hidden is started', () => {
  for (const name of ['.host', '.raw-x']) assert.deepEqual(commands({ name }), []);
});
