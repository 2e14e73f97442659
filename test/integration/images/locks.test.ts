import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFile, lockOpenFileDescription } from '../../../linux/locks.js';
import { HeldImage } from '../../../service/images/install/hold.js';
import { lockImage, lockName } from '../../../service/images/install/locks.js';
import { imageHost } from '../../../service/images/layout/host.js';
import { withOpen } from '../../support/files.js';
import { testHost } from '../../support/images/image-root.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Another program that holds an open-file-description lock, as systemd-nspawn does. */
async function holdLock(path: string): Promise<ChildProcess> {
  const script = `
import fcntl, struct, sys, time
f = open(sys.argv[1], 'a+')
fcntl.fcntl(f, 37, struct.pack('hhxxxxqqixxxx', fcntl.F_WRLCK, 0, 0, 0, 0))
print('held', flush=True)
time.sleep(60)`;
  const child = spawn('python3', ['-c', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

test('locks of both kinds, between descriptions', async (t) => {
  await using directory = temporaryDirectory(t);
  const path = directory.file('x');
  writeFileSync(path, '');
  for (const lock of [lockFile, lockOpenFileDescription])
    withOpen(path, 'r+', (first) =>
      withOpen(path, 'r+', (second) => {
        assert.equal(lock(first, 'shared'), true);
        assert.equal(lock(second, 'shared'), true);
        assert.equal(lock(second, 'exclusive'), false);
        assert.throws(() => lock(1_000_000, 'shared'), { code: 'EBADF' });
      }),
    );
});

test('an image is locked by its name beside it and by its inode, and no file stays', async (t) => {
  await using directory = temporaryDirectory(t);
  const host = testHost(directory.path);
  const locks = directory.file('run/systemd/nspawn/locks');
  const paths = [directory.file('img.raw'), directory.file('img')];
  writeFileSync(paths[0] ?? '', '');
  mkdirSync(paths[1] ?? '');
  for (const path of paths) {
    const { dev, ino } = statSync(path, { bigint: true });
    const neighbour = path.replace(/[^/]*$/, '.#$&.lck');
    {
      using _lock = lockImage(path, 'img', 'exclusive', host);
      assert.equal(lstatSync(neighbour).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(locks), [`inode-${dev}:${ino}`]);
      assert.throws(() => lockImage(path, 'img', 'shared', host), {
        kind: 'ImageBusy',
        facts: { name: 'img' },
        message: "'img' is in use, perhaps by a running machine, a clone or an export. Stop what uses it and try again",
      });
      const off = imageHost(host.scope, { ...host.environment, SYSTEMD_NSPAWN_LOCK: '0' });
      lockImage(path, 'img', 'exclusive', off)[Symbol.dispose]();
    }
    assert.equal(existsSync(neighbour), false);
    assert.deepEqual(readdirSync(locks), []);
    using _one = lockImage(path, 'img', 'shared', host);
    {
      using _two = lockImage(path, 'img', 'shared', host);
    }
    assert.equal(existsSync(neighbour), true, 'the last holder removes it');
  }
});

test('a link is locked where it leads', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('elsewhere/tree'), { recursive: true });
  symlinkSync('elsewhere/tree', directory.file('img'));
  using _lock = lockImage(directory.file('img'), 'img', 'exclusive', testHost(directory.path));
  assert.ok(existsSync(directory.file('elsewhere/.#tree.lck')));
});

test('a lock of another program makes the image busy', async (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  const host = testHost(directory.path);
  const path = directory.file('img');
  mkdirSync(path);
  const locks = directory.file('run/systemd/nspawn/locks');
  mkdirSync(locks, { recursive: true });
  const { dev, ino } = statSync(path, { bigint: true });
  for (const file of [directory.file('.#img.lck'), join(locks, `inode-${dev}:${ino}`)]) {
    const holder = await holdLock(file);
    try {
      assert.throws(() => lockImage(path, 'img', 'exclusive', host), { kind: 'ImageBusy' });
      assert.throws(() => lockImage(path, 'img', 'shared', host), { kind: 'ImageBusy' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    lockImage(path, 'img', 'exclusive', host)[Symbol.dispose]();
  }
});

test('a lock file that its last holder removes before we have it locked is no lock: another one is made', async (t) => {
  await using directory = temporaryDirectory(t);
  const host = testHost(directory.path);
  const path = directory.file('img.raw');
  writeFileSync(path, '');
  const removed = new Set<string>();
  const open = fs.openSync;
  // Whoever had it has removed it when we have opened it, once for each file.
  fs.openSync = (file, ...rest) => {
    const descriptor = open(file, ...rest);
    const isLock = /\.lck$|\/inode-/.test(String(file));
    if (isLock && !removed.has(String(file))) fs.unlinkSync(file);
    if (isLock) removed.add(String(file));
    return descriptor;
  };
  syncBuiltinESMExports();
  try {
    using _lock = lockImage(path, 'img', 'exclusive', host);
    assert.equal(removed.size, 2);
    for (const file of removed) assert.ok(existsSync(file), `${file} is locked, but not there`);
    assert.throws(() => lockImage(path, 'img', 'shared', host), { kind: 'ImageBusy' });
  } finally {
    fs.openSync = open;
    syncBuiltinESMExports();
  }
});

test('a name is locked for all classes', async (t) => {
  await using directory = temporaryDirectory(t);
  const host = testHost(directory.path);
  const locks = directory.file('run/systemd/nspawn/locks');
  {
    using _lock = lockName('img', host);
    assert.deepEqual(readdirSync(locks), ['name-img']);
    using _other = lockName('img2', host);
  }
  assert.deepEqual(readdirSync(locks), []);
});

test('without a place for lock files, the one beside the image has to do', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('img'));
  using _lock = lockImage(directory.file('img'), 'img', 'exclusive', imageHost('user', {}));
  using _name = lockName('img', imageHost('user', {}));
  assert.ok(existsSync(directory.file('.#img.lck')));
});

test('that the directory of lock files cannot be made is a failure that names it', async (t) => {
  await using directory = temporaryDirectory(t);
  const host = testHost(directory.path);
  writeFileSync(directory.file('run'), '');
  mkdirSync(directory.file('img'));
  const expected = {
    kind: 'FileSystemError',
    message: `${directory.file('run/systemd/nspawn/locks')}: not a directory (mkdir: ENOTDIR)`,
  };
  assert.throws(() => lockName('img', host), expected);
  assert.throws(() => lockImage(directory.file('img'), 'img', 'exclusive', host), expected);
});

for (const code of ['ENOSPC', 'EDQUOT']) {
  test(`an image is read without a lock file where there is no room for one (${code})`, async (t) => {
    await using directory = temporaryDirectory(t);
    const path = directory.file('img.raw');
    writeFileSync(path, 'content');
    const open = fs.openSync;
    fs.openSync = (file, flags, ...rest) => {
      if (typeof flags === 'number' && (flags & fs.constants.O_CREAT) !== 0)
        throw Object.assign(new Error(code), { code, syscall: 'open' });
      return open(file, flags, ...rest);
    };
    syncBuiltinESMExports();
    try {
      using held = HeldImage.open(path, 'img', testHost(directory.path));
      assert.equal(fs.readFileSync(held.descriptor, 'utf8'), 'content');
    } finally {
      fs.openSync = open;
      syncBuiltinESMExports();
    }
  });
}
