import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../common/failure.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { packTree } from '../../../service/formats/tar/pack/pack.js';
import { extractTree } from '../../../service/formats/tar/unpack/extract.js';
import { refusal } from '../../../service/formats/tar/unpack/refusal.js';
import { copyTree } from '../../../service/images/copy/copy-tree.js';
import { snapshotTree } from '../../../service/images/copy/snapshot.js';
import { fileSystemFailure } from '../../../service/images/install/file-system-failure.js';
import { temporaryName } from '../../../service/images/install/holder.js';
import { cleanStale } from '../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { listImages } from '../../../service/images/manage/images.js';
import { removeImage } from '../../../service/images/manage/manage.js';
import { allocatedBytes, removeEntry } from '../../../service/images/manage/remove-tree.js';
import { run, shell } from '../../support/command.js';
import { withOpen } from '../../support/files.js';
import {
  type FilesystemType,
  filesystemNeeds,
  mountedFilesystem,
  onEachFilesystem,
} from '../../support/images/filesystems.js';
import { namesIn, testHost } from '../../support/images/image-root.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { MemorySource } from '../../unit/service/formats/tar/unpacking.js';

const levels = 100_000;
/** Enough for the stack of what calls itself, for open descriptors and for PATH_MAX; a container's root made as many. */
const someLevels = 6_000;
const openTree = constants.O_RDONLY | constants.O_DIRECTORY;

/** Makes a tree with a directory in each directory, and at its bottom a file that also has a name half-way down. */
function makeDeep(path: string, depth: number): void {
  const script = `
import os, sys
os.makedirs(sys.argv[1]); os.chdir(sys.argv[1])
for level in range(int(sys.argv[2])):
    if level == int(sys.argv[2]) // 2: half = os.open('.', os.O_RDONLY)
    os.mkdir('d'); os.chdir('d')
open('bottom', 'w').write('the bottom')
os.link('bottom', 'again'); os.link('bottom', 'half', dst_dir_fd=half)
os.symlink('bottom', 'link'); os.chmod('bottom', 0o640); os.chmod('.', 0o711)`;
  run('python3', ['-c', script, path, String(depth)]);
}

/** How deep a tree is, what its bottom holds, and how many directories of it have more than one entry. */
function lookAt(path: string): string {
  const script = `
import os, sys
os.chdir(sys.argv[1]); depth = 0; crowded = 0
while 'd' in (names := sorted(os.listdir('.'))):
    crowded += len(names) > 1; os.chdir('d'); depth += 1
s = os.stat('bottom')
print(depth, names, open('bottom').read(), oct(s.st_mode), s.st_nlink, oct(os.stat('.').st_mode), os.readlink('link'), crowded)`;
  return run('python3', ['-c', script, path]).trim();
}

function seen(depth: number): string {
  return `${depth} ['again', 'bottom', 'link'] the bottom 0o100640 3 0o40711 bottom 1`;
}

function copy(from: string, to: string): void {
  mkdirSync(to);
  withOpen(from, 'r', (source) => withOpen(to, 'r', (target) => copyTree(source, target)));
}

async function onFilesystems(t: TestContext, body: (path: string, type: FilesystemType) => void): Promise<void> {
  for (const type of ['ext4', 'btrfs'] as const) {
    await t.test(type, async (inner) => {
      const needed = filesystemNeeds(type);
      if (!needs(inner, { ...needed, programs: [...needed.programs, 'python3'] })) return;
      await using filesystem = mountedFilesystem(inner, type, 4096);
      body(filesystem.path, type);
    });
  }
}

test('a tree of 100,000 levels is measured, copied and cleaned like any other', async (t) => {
  await onFilesystems(t, (path, type) => {
    using root = ImageRoot.open(path);
    const [first, second, other] = ['a', 'b', 'c'].map((tag) => temporaryName(tag));
    makeDeep(join(path, first ?? ''), levels);
    copy(join(path, first ?? ''), join(path, second ?? ''));
    assert.equal(lookAt(join(path, second ?? '')), seen(levels));
    assert.equal(readdirSync(join(path, second ?? '')).length, 1, 'only what the original has');
    writeFileSync(join(path, other ?? ''), 'x');
    const least = type === 'ext4' ? levels * 4096 : 0;
    assert.ok(allocatedBytes(root.descriptor, first ?? '') >= least);
    assert.equal(cleanStale(root).length, 3);
    assert.deepEqual(namesIn(path), []);
  });
});

test('an image that is too deep for any path can be listed and removed', async (t) => {
  if (!needs(t, { root: true, programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  const root = directory.file('images');
  const host = testHost(directory.path);
  makeDeep(join(root, 'deep'), someLevels);
  const names = async () => {
    const found: string[] = [];
    await listImages({ ...host, root, class: 'machine' }, ({ name }) => found.push(name));
    return found;
  };
  assert.deepEqual(await names(), ['deep']);
  removeImage('deep', { imageClass: 'machine', host, root, warn: assert.fail });
  assert.deepEqual(await names(), []);
  assert.deepEqual(readdirSync(root), []);
});

test('a user removes directories that the owner may not search, however deep', async (t) => {
  if (!needs(t, { root: true, programs: ['python3', 'setpriv'] })) return;
  await using directory = temporaryDirectory(t);
  shell(
    `cd "$1"; mkdir -p a/b/c; chmod 0600 a/b; chmod 0400 a; chown -R 12345:12345 .
     setpriv --reuid 12345 --regid 12345 --clear-groups "$2" --input-type=module -e "
       const { removeEntry } = await import('$3/images/manage/remove-tree.js');
       const { openSync } = await import('node:fs');
       removeEntry(openSync('.', 'r'), 'a');"`,
    [directory.path, process.execPath, join(import.meta.dirname, '../../../service')],
  );
  assert.deepEqual(readdirSync(directory.path), []);
});

test('no more than some directories are open at a time, and each is the one that was left', async (t) => {
  await using directory = temporaryDirectory(t);
  const depth = 200;
  mkdirSync(directory.file(...Array(depth).fill('d')), { recursive: true });
  const count = () => readdirSync('/proc/self/fd').length;
  withOpen(directory.path, 'r', (root) => {
    const before = count();
    using chain = new DirectoryChain(root);
    const inodes: number[] = [];
    for (let level = 0; level < depth; level++) {
      chain.push(openat(chain.current, 'd', openTree));
      inodes.push(statSync(`/proc/self/fd/${chain.current}`).ino);
    }
    assert.ok(count() - before <= 40);
    for (const inode of inodes.reverse()) {
      assert.equal(statSync(`/proc/self/fd/${chain.current}`).ino, inode);
      chain.pop();
    }
    assert.equal(chain.depth, 0);
    assert.equal(count(), before);
  });
});

test('a directory that is moved elsewhere while it is walked leads nowhere', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree', ...Array(60).fill('d')), { recursive: true });
  mkdirSync(directory.file('outside'));
  withOpen(directory.file('tree'), 'r', (root) => {
    using chain = new DirectoryChain(root);
    for (let level = 0; level < 60; level++) chain.push(openat(chain.current, 'd', openTree));
    renameSync(directory.file('tree', ...Array(10).fill('d')), directory.file('outside', 'd'));
    for (let level = 60; level > 10; level--) chain.pop();
    let thrown: unknown;
    assert.throws(
      () => chain.pop(),
      (error) => {
        thrown = error;
        return hasCode(error, 'ESTALE');
      },
    );
    assert.equal(
      fileSystemFailure(thrown, '/x')?.message,
      '/x: a directory in it was moved meanwhile (openat: ESTALE)',
    );
    const refused = refusal(thrown, 'd', root, 'read');
    assert.match(String(refused), /Cannot read 'd': openat failed with ESTALE, a directory in it was moved meanwhile$/);
  });
});

test('a tree whose paths nobody could unpack is not packed, and the message says where', async (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  makeDeep(directory.file('tree'), 2100);
  const sink = { write() {} };
  withOpen(directory.file('tree'), 'r', (root) => {
    assert.throws(
      () => packTree(root, sink),
      (error) =>
        error instanceof Failure &&
        error.kind === 'UnsupportedFormat' &&
        /^Cannot pack 'd\/d\/.*': it is 2049 levels deep with a path of 4097 bytes, and no program unpacks paths of more than 4095; remove it from the image, or give it a shorter path$/.test(
          error.message,
        ),
    );
  });
});

test('what is packed can be unpacked, up to the longest path', async (t) => {
  if (!needs(t, { root: true, programs: ['python3', 'tar'] })) return;
  await using directory = temporaryDirectory(t);
  makeDeep(directory.file('tree'), 2040);
  const pieces: Buffer[] = [];
  const write = (buffer: Buffer, offset: number, length: number) =>
    void pieces.push(Buffer.from(buffer.subarray(offset, offset + length)));
  withOpen(directory.file('tree'), 'r', (root) => packTree(root, { write }));
  mkdirSync(directory.file('image'));
  withOpen(directory.file('image'), 'r', (root) => extractTree(new MemorySource(Buffer.concat(pieces)), root));
  assert.equal(lookAt(directory.file('image')), seen(2040));
  mkdirSync(directory.file('tar'));
  writeFileSync(directory.file('x.tar'), Buffer.concat(pieces));
  run('tar', ['-xpf', directory.file('x.tar'), '-C', directory.file('tar')]);
  assert.equal(lookAt(directory.file('tar')), seen(2040));
});

test('subvolumes are copied and removed however deep they are nested', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const depth = 300;
      shell(
        'cd "$1"; for i in $(seq "$2"); do btrfs -q subvolume create s; mkdir -p s/a/b; cd s/a/b; done; : >bottom',
        [path, String(depth)],
      );
      const descriptor = openSync(path, openTree);
      try {
        const found: number[] = [];
        withOpen(join(path, 's'), 'r', (source) =>
          snapshotTree(source, descriptor, 'copy', (each) => found.push(each)),
        );
        assert.equal(found.length, depth);
        assert.ok(existsSync(join(path, 'copy', ...Array(depth - 1).fill('a/b/s'), 'a/b/bottom')));
        removeEntry(descriptor, 'copy');
        removeEntry(descriptor, 's');
      } finally {
        closeSync(descriptor);
      }
      assert.deepEqual(namesIn(path), []);
    },
    ['btrfs'],
  );
});

test('an image that cannot be removed for what is mounted in it stays in the list', async (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  const root = directory.file('images');
  const host = testHost(directory.path);
  mkdirSync(join(root, 'image/mnt'), { recursive: true });
  run('mount', ['-t', 'tmpfs', 'none', join(root, 'image/mnt')]);
  try {
    const options = { imageClass: 'machine', host, root, warn: assert.fail } as const;
    assert.throws(() => removeImage('image', options), { kind: 'FileSystemError', message: /mnt.*is a mount point/ });
    assert.deepEqual(readdirSync(root), ['image']);
  } finally {
    run('umount', [join(root, 'image/mnt')]);
  }
});
