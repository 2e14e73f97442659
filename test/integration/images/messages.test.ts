import assert from 'node:assert/strict';
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readImageSettings } from '../../../common/environment.js';
import type { ImageFormat } from '../../../common/image-classes.js';
import { setSize } from '../../../service/formats/disk/sparse.js';
import { installImage } from '../../../service/images/install/install.js';
import { countUsage } from '../../../service/images/install/quota.js';
import { createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { cloneImage, type ManageOptions, removeImage, renameImage } from '../../../service/images/manage/manage.js';
import { placePristine } from '../../../service/images/pristine/pristine.js';
import { run } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { testHost } from '../../support/images/image-root.js';
import { like } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { notMarkedReadOnly } from '../../support/texts/images.js';
import { outcome, url } from '../../unit/service/processes/worker-process.js';

function options(path: string, warnings: string[] = []): ManageOptions {
  return { imageClass: 'machine', host: testHost(path), root: path, warn: (message) => warnings.push(message) };
}

function make(root: ImageRoot, format: ImageFormat) {
  return format === 'raw' ? createTemporaryFile(root, 'x') : createTemporaryTree(root, 'x');
}

test('what is not to be changed is named, with the reason', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  mkdirSync(directory.file('v.v/v_1'), { recursive: true });
  writeFileSync(directory.file('disk.raw'), '');
  assert.throws(() => removeImage('.host', options(path)), {
    kind: 'ImageBusy',
    message: "'.host' is this system itself: it stays as it is",
  });
  assert.throws(() => removeImage('v', options(path)), {
    kind: 'FileSystemError',
    message: `${path}/v.v/v_1 cannot be changed: it is one of several versions in a directory. Change that directory`,
  });
  // A path that begins as the vendor's do, and is not there.
  const vendor = `/usr/..${path}`;
  assert.throws(() => removeImage('disk', options(vendor)), {
    kind: 'FileSystemError',
    message: `${path}/disk.raw cannot be changed: it belongs to the vendor of this system`,
  });
});

test('a device cannot be cloned', async (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  run('mknod', [directory.file('disk'), 'b', '7', '0']);
  assert.throws(() => cloneImage('disk', 'copy', false, options(directory.path)), {
    kind: 'FileSystemError',
    message: `${directory.file('disk')} cannot be cloned: it is neither a file nor a tree`,
  });
});

test('what belongs to an image and finds its place taken is told', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  for (const name of ['disk.raw', 'disk.nspawn', 'new.nspawn', 'copy.nspawn'])
    writeFileSync(directory.file(name), name);
  const warnings: string[] = [];
  cloneImage('disk', 'copy', false, options(path, warnings));
  renameImage('disk', 'new', options(path, warnings));
  assert.deepEqual(warnings, [
    `${path}/copy.nspawn was there before and is now used with the new image`,
    `${path}/copy.nspawn exists already and stays as it is`,
    `${path}/new.nspawn exists already, so disk.nspawn keeps its name`,
  ]);
});

test('a file system that keeps no attributes and flags is told of', async (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  const path = directory.file('ramfs');
  mkdirSync(path);
  run('mount', ['-t', 'ramfs', 'none', path]);
  chmodSync(path, 0o755);
  using root = ImageRoot.open(path);
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  using tree = make(root, 'tar');
  const verified = {
    sha256: 'ab'.repeat(32),
    sha512: undefined,
    bytes: 12,
    verification: 'checksum',
    signedBy: undefined,
  } as const;
  const fixed = { root, synchronize: true, sidecars: new Map(), warn };
  const origin = { format: 'tar', url: 'http://h/x', etag: undefined } as const;
  const placed = placePristine({ ...fixed, temporary: tree, origin, verified, lastModified: undefined });
  using copy = make(root, 'tar');
  const host = testHost(directory.path);
  installImage({ ...fixed, temporary: copy, name: 'img', imageClass: 'machine', host, force: false, readOnly: true });
  const refused = `${notMarkedReadOnly}: `;
  assert.deepEqual(
    warnings.map((message) => message.replace(/(?<=read-only: ).*/, '')),
    [
      'Cannot record how the download was verified: the file system does not store the attribute; a pull that must verify it downloads it again',
      `${placed.path} ${refused}`,
      `${path}/img ${refused}`,
    ],
  );
  assert.match(warnings[1] ?? '', like` ${notMarkedReadOnly}: \S+: (EOPNOTSUPP|ENOTTY)$`);
});

test('what btrfs cannot do on a file system that is read-only is told', async (t) => {
  await onEachFilesystem(
    t,
    async (path) => {
      run('btrfs', ['subvolume', 'create', join(path, 'tree')]);
      run('mount', ['-o', 'remount,ro', path]);
      using root = ImageRoot.open(path);
      const tree = openSync(join(path, 'tree'), 'r');
      const warnings: string[] = [];
      countUsage(root, tree, { ...readImageSettings({}), quota: true }, (message) => warnings.push(message));
      closeSync(tree);
      assert.deepEqual(warnings, ['The disk usage of the image cannot be counted: ioctl BTRFS_IOC_QUOTA_CTL: EROFS']);
      const script = `const { openSync } = await import('node:fs');
        const { fileURLToPath } = await import('node:url');
        const { exportTree } = await import(${url('processes/placement/export-tree.js')});
        process.argv[1] = fileURLToPath(${url('processes/placement/placement.js')});
        const tree = ${JSON.stringify(join(path, 'tree'))};
        await runWorker(process.env, () => exportTree(tree, openSync(tree, 'r'), { write() {} }));`;
      const { messages, status } = await outcome(script);
      assert.equal(status, 0);
      assert.deepEqual(messages[0], {
        type: 'log',
        priority: 7,
        message: 'tree is exported as it is: no snapshot can be made beside it',
      });
    },
    ['btrfs'],
  );
});

test('a disk that is larger than files can be is refused with its size', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const descriptor = openSync(join(path, 'disk.raw'), 'w');
      assert.throws(() => setSize(descriptor, 2 ** 50, 'disk.raw'), {
        kind: 'UnsupportedFormat',
        message:
          'disk.raw has 1125899906842624 bytes, more than a file on this file system can have: place it on another one',
        facts: { needed: '1125899906842624 bytes', allowed: 'the limit of the file system' },
      });
      closeSync(descriptor);
    },
    ['ext4'],
  );
});
