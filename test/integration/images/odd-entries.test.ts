import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type Image, type ListOptions, listImages } from '../../../service/images/manage/images.js';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** The images of a directory, and what the log was told. */
async function look(root: string, options: Partial<ListOptions> = {}) {
  const images: Image[] = [];
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const all: ListOptions = { class: 'machine', scope: 'system', environment: {}, root, warn, ...options };
  await listImages(all, (image) => images.push(image));
  return { images, warnings };
}

const nothing = {
  creationTimestamp: undefined,
  modificationTimestamp: undefined,
  usage: undefined,
  usageExclusive: undefined,
  limit: undefined,
  limitExclusive: undefined,
};

/** What python does until the test ends. Resolves once it has written a line. */
async function startPython(t: TestContext, script: string, ...parameters: string[]): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', script, ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  });
  await once(child.stdout, 'data');
  return child;
}

const leased = `
import fcntl, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open(sys.argv[1], 'r+')
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
sys.stdin.read()
`;

const deadMount = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
server = os.open('/dev/fuse', os.O_RDWR)
options = f'fd={server},rootmode=40000,user_id=0,group_id=0'
print(libc.mount(b'none', sys.argv[1].encode(), b'fuse', 0, options.encode()), flush=True)
`;

test('an image that another program holds a lease on is listed without being opened', async (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  await using directory = temporaryDirectory(t);
  for (const name of ['a.raw', 'b.raw', 'c.raw']) writeFileSync(directory.file(name), 'disk');
  await startPython(t, leased, directory.file('b.raw'));
  const { images, warnings } = await look(directory.path);
  assert.deepEqual(
    images.map(({ name, limit }) => [name, limit]),
    [
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ],
  );
  assert.deepEqual(warnings, []);
});

test('a device that nobody answers for is listed with an unknown size, and the others as ever', async (t) => {
  if (!needs(t, { root: true, programs: ['mknod'] })) return;
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('a'));
  run('mknod', [directory.file('b'), 'b', '240', '0']);
  const { images, warnings } = await look(directory.path);
  const unknown = {
    class: 'machine',
    name: 'b',
    path: directory.file('b'),
    hidden: false,
    type: 'block',
    readOnly: false,
  };
  assert.deepEqual(images[1], { ...unknown, ...nothing });
  assert.deepEqual([images[0]?.name, images.length, warnings], ['a', 2, []]);
});

test('an entry that cannot be looked at is left out with a warning, and the others are listed', async (t) => {
  if (!needs(t, { root: true, programs: ['python3', 'umount'], files: ['/dev/fuse'], features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  for (const name of ['a', 'dead', 'z']) mkdirSync(directory.file(name));
  const python = await startPython(t, deadMount, directory.file('dead'));
  if (python.exitCode === null) await once(python, 'exit');
  try {
    for (const all of [{}, { class: undefined }] as Partial<ListOptions>[]) {
      const { images, warnings } = await look(directory.path, all);
      assert.deepEqual(
        images.map(({ name }) => name),
        ['a', 'z'],
      );
      const says = `Cannot list ${directory.file('dead')}: nothing answers for the file system any more (lstat: ENOTCONN); it is left out`;
      assert.deepEqual(warnings, [says]);
    }
    await assert.rejects(look(directory.path, { name: 'dead' }), { kind: 'FileSystemError' });
  } finally {
    run('umount', ['--lazy', directory.file('dead')]);
  }
});
