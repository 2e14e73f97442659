import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StateReader, stateOf } from '../../../../../service/images/details/state.js';
import { lockImage } from '../../../../../service/images/install/locks.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { testHost } from '../../../../support/images/image-root.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

function scene(t: TestContext) {
  const directory = temporaryDirectory(t);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(directory.file(path)), { recursive: true });
    writeFileSync(directory.file(path), text);
  };
  write('images/disk.raw', 'disk');
  mkdirSync(directory.file('images/tree'));
  const host = testHost(directory.path);
  const places = { root: directory.path };
  return {
    directory,
    host,
    write,
    places,
    stateOf: (image: Partial<Parameters<typeof stateOf>[0]> = {}) =>
      stateOf({ ...tree(directory.file('images/tree')), ...image }, host, places),
  };
}

function tree(path: string) {
  return { class: 'machine', name: 'tree', type: 'directory', path, root: undefined, known: undefined } as const;
}

const idle = { state: 'idle', stateOf: undefined };

test('an image runs as the machine whose root it is, whatever that is called', (t) => {
  const { stateOf, write, directory } = scene(t);
  assert.deepEqual(stateOf(), idle);
  write('run/systemd/machines/other', `NAME=other\nROOT=${directory.file('images').replace('-', '\\x2d')}/tree\n`);
  symlinkSync('other', directory.file('run/systemd/machines/unit:other.service'));
  assert.deepEqual(stateOf(), { state: 'running', stateOf: 'other' });
  assert.deepEqual(stateOf({ class: 'portable' }), idle);
});

test('a machine of the same name with another root is not this image', (t) => {
  const { stateOf, write, directory } = scene(t);
  write('run/systemd/machines/tree', 'NAME=tree\nROOT=/var/lib/elsewhere/tree\n');
  assert.deepEqual(stateOf(), idle);
  const disk = { name: 'tree', type: 'raw', path: directory.file('images/disk.raw') } as const;
  assert.deepEqual(stateOf(disk), { state: 'running', stateOf: 'tree' });
  assert.deepEqual(stateOf({ ...disk, root: directory.file('images') }), idle);
});

test('an image that somebody has locked is busy, and looking takes no lock', (t) => {
  const { stateOf, directory, host } = scene(t);
  const path = directory.file('images/disk.raw');
  const disk = { name: 'disk', type: 'raw', path } as const;
  for (const kind of ['shared', 'exclusive'] as const) {
    using _lock = lockImage(path, 'disk', kind, host);
    assert.deepEqual(stateOf(disk), { state: 'busy', stateOf: undefined });
  }
  assert.deepEqual(stateOf(disk), idle);
  using _lock = lockImage(path, 'disk', 'exclusive', host);
});

test('an extension is merged if systemd lists its name', (t) => {
  const { write, places, directory } = scene(t);
  write('usr/.systemd-sysext/extensions', 'other\ntool\n');
  write('etc/.systemd-confext/confexts', 'settings\n');
  const system = imageHost('system', { SYSTEMD_NSPAWN_LOCK: 'no' });
  const extension = (imageClass: 'sysext' | 'confext', name: string, root?: string) =>
    stateOf({ ...tree(directory.file('images/tree')), class: imageClass, name, root }, system, places).state;
  assert.equal(extension('sysext', 'tool'), 'merged');
  assert.equal(extension('confext', 'settings'), 'merged');
  assert.equal(extension('confext', 'tool'), 'idle');
  assert.equal(extension('sysext', 'tool', directory.path), 'idle');
});

test('of what is in use the machines are read once, and an image is only unused where that is certain', (t) => {
  const { directory, host, write, places } = scene(t);
  const one = tree(directory.file('images/tree'));
  const reader = () => new StateReader(host, places);
  assert.equal(reader().isUnused(one), true);
  assert.equal(reader().isUnused({ ...one, path: '/' }), false);
  assert.equal(reader().isUnused(tree(directory.file('images/gone'))), undefined);
  write('run/systemd/machines/tree', `NAME=tree\nROOT=${directory.file('images/tree')}\n`);
  assert.equal(reader().isUnused(one), false);
  const early = reader();
  const other = { ...one, name: 'disk', type: 'raw', path: directory.file('images/disk.raw') } as const;
  assert.equal(early.isUnused(other), true);
  write('run/systemd/machines/disk', 'NAME=disk\n');
  assert.deepEqual([early.isUnused(other), reader().isUnused(other)], [true, false]);
  mkdirSync(directory.file('run/systemd/machines/odd'));
  assert.equal(reader().isUnused({ ...one, name: 'x', path: directory.file('images') }), undefined);
  {
    using _lock = lockImage(one.path, 'tree', 'shared', host);
    assert.equal(new StateReader(host, { root: directory.file('images') }).isUnused(one), false);
  }
});
