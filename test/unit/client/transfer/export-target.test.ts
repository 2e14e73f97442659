import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { getgroups, setegid, seteuid, setgroups } from 'node:process';
import { test } from 'node:test';
import { openTarget } from '../../../../client/transfer/export-target.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const temporary = /^\.#disk\.raw\.ferry-[0-9a-f]{16}$/;

/** Does something with the effective user and group of that number, and without the rights of root. */
async function asUser(id: number, action: () => Promise<void>): Promise<void> {
  const groups = getgroups?.() ?? [];
  setgroups?.([]);
  setegid?.(id);
  seteuid?.(id);
  try {
    await action();
  } finally {
    seteuid?.(0);
    setegid?.(0);
    setgroups?.(groups);
  }
}

test('an export has its name only when it is complete', async () => {
  await using directory = temporaryDirectory();
  const path = directory.file('disk.raw');
  {
    await using target = await openTarget(path);
    writeSync(target.descriptor, 'half');
    assert.match(readdirSync(directory.path).join(), temporary);
  }
  assert.deepEqual(readdirSync(directory.path), []);
  await using target = await openTarget(path);
  writeSync(target.descriptor, 'whole');
  await target.commit();
  assert.deepEqual(readdirSync(directory.path), ['disk.raw']);
  assert.equal(readFileSync(path, 'utf8'), 'whole');
});

test('until an export is complete nobody else can read it, whatever the umask; then it has the mode of a new file', async (t) => {
  await using directory = temporaryDirectory();
  const umask = process.umask(0o022);
  t.after(() => process.umask(umask));
  for (const [mask, mode] of [
    [0, 0o666],
    [0o022, 0o644],
    [0o077, 0o600],
  ] as const) {
    process.umask(mask);
    await using target = await openTarget(directory.file(`${mask}.raw`));
    assert.equal(fstatSync(target.descriptor).mode & 0o777, 0o600);
    await target.commit();
    assert.equal(fstatSync(target.descriptor).mode & 0o777, mode);
  }
});

test('an export that replaces a file opens it to nobody who could not read that one', async (t) => {
  await using directory = temporaryDirectory(t);
  const umask = process.umask(0o022);
  t.after(() => process.umask(umask));
  const path = directory.file('disk.raw');
  for (const mode of [0o600, 0o640, 0o444, 0o666, 0o755]) {
    rmSync(path, { force: true });
    writeFileSync(path, 'old');
    chmodSync(path, mode);
    await using target = await openTarget(path);
    assert.equal(fstatSync(target.descriptor).mode & 0o777, 0o600);
    await target.commit();
    assert.equal(lstatSync(path).mode & 0o7777, mode);
    assert.equal(readFileSync(path, 'utf8'), '');
  }
});

test('what a group may do with a file that an export replaces it may do with the new one, and no other group', async (t) => {
  if (!needs(t, { root: true })) return;
  await using directory = temporaryDirectory(t);
  chmodSync(directory.path, 0o777);
  const path = directory.file('disk.raw');
  // A user may give files to their own groups only.
  for (const [user, expected] of [
    [0, [12345, 0o660]],
    [23456, [23456, 0o600]],
  ] as const) {
    writeFileSync(path, 'old');
    chownSync(path, 0, 12345);
    chmodSync(path, 0o660);
    await asUser(user, async () => {
      await using target = await openTarget(path);
      await target.commit();
    });
    const { gid, mode } = lstatSync(path);
    assert.deepEqual([gid, mode & 0o7777], expected);
  }
});

test('what a killed export has left goes with the next one to the same file, and nothing else', async () => {
  await using directory = temporaryDirectory();
  const stale = ['.#disk.raw.ferry-0123456789abcdef', '.#disk.raw.ferry-ffffffffffffffff'];
  const others = [
    '.#disk.raw.ferry-0123456789abcdeg',
    '.#disk.raw.ferry-0123456789abcdef0',
    '.#disk.raw0123456789abcdef',
    '.#disk.ferry-0123456789abcdef',
    '.#other.raw.ferry-0123456789abcdef',
    'disk.raw.ferry-0123456789abcdef',
  ];
  for (const name of [...stale, ...others]) writeFileSync(directory.file(name), '');
  symlinkSync('/etc/passwd', directory.file('.#disk.raw.ferry-00000000000000aa'));
  mkdirSync(directory.file('.#disk.raw.ferry-00000000000000bb'));
  {
    await using _ = await openTarget(directory.file('disk.raw'));
  }
  const expected = [...others, '.#disk.raw.ferry-00000000000000aa', '.#disk.raw.ferry-00000000000000bb'].sort();
  assert.deepEqual(readdirSync(directory.path).sort(), expected);
});

test('what another export writes to stays', async (t) => {
  if (!needs(t, { programs: ['flock'] })) return;
  await using directory = temporaryDirectory();
  const name = '.#disk.raw.ferry-0123456789abcdef';
  const holder = spawn('flock', [directory.file(name), 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(holder.stdout, 'data');
  await using first = await openTarget(directory.file('disk.raw'));
  await using second = await openTarget(directory.file('disk.raw'));
  assert.equal(readdirSync(directory.path).length, 3);
  assert.ok(readdirSync(directory.path).includes(name));
  await first.commit();
  await second.commit();
  holder.stdin.end();
  await once(holder, 'exit');
});

test('a name of 255 bytes has room for a temporary one', async () => {
  await using directory = temporaryDirectory();
  for (const name of ['x'.repeat(255), 'ä'.repeat(127)]) {
    await using target = await openTarget(directory.file(name));
    await target.commit();
  }
  assert.equal(readdirSync(directory.path).length, 2);
});

test('a name that is not valid UTF-8 is refused rather than changed', async (t) => {
  await using directory = temporaryDirectory(t);
  const file = directory.file('disk\ufffd.raw');
  await assert.rejects(openTarget(file), {
    message: `Cannot export to '${file}': its name is not valid UTF-8; redirect standard output to it, with - as FILE.`,
  });
  assert.deepEqual(readdirSync(directory.path), []);
});

test('what cannot be a file is refused, and stays', async (t) => {
  await using directory = temporaryDirectory(t);
  symlinkSync('nothing', directory.file('dangling'));
  const dangling = directory.file('dangling');
  await assert.rejects(openTarget(directory.path), {
    message: `Cannot export to '${directory.path}': it is a directory.`,
  });
  await assert.rejects(openTarget(dangling), {
    message: `Cannot export to '${dangling}': it is a symbolic link to nothing.`,
  });
  assert.deepEqual(readdirSync(directory.path), ['dangling']);
});

test('a relative link is followed from where its directory really is', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('data/inner'), { recursive: true });
  symlinkSync('data/inner', directory.file('dir'));
  symlinkSync('../real.tar', directory.file('data/inner/out.tar'));
  writeFileSync(directory.file('data/real.tar'), 'old');
  await using target = await openTarget(directory.file('dir/out.tar'));
  writeSync(target.descriptor, 'new');
  await target.commit();
  assert.equal(readFileSync(directory.file('data/real.tar'), 'utf8'), 'new');
  assert.equal(readlinkSync(directory.file('data/inner/out.tar')), '../real.tar');
  assert.deepEqual(readdirSync(directory.path), ['data', 'dir']);
});

test('a link to a link of another user in a shared directory is refused through a linked directory, too', async (t) => {
  if (!needs(t, { root: true })) return;
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('data/inner'), { recursive: true });
  chmodSync(directory.file('data'), 0o1777);
  symlinkSync('data/inner', directory.file('dir'));
  symlinkSync('../trap.tar', directory.file('data/inner/out.tar'));
  writeFileSync(directory.file('victim'), 'precious');
  writeFileSync(directory.file('trap.tar'), 'what a lexical reading finds');
  symlinkSync('../victim', directory.file('data/trap.tar'));
  lchownSync(directory.file('data/trap.tar'), 12345, 12345);
  const file = directory.file('dir/out.tar');
  await assert.rejects(openTarget(file), /that user 12345 made in a shared directory/);
  assert.equal(readFileSync(directory.file('victim'), 'utf8'), 'precious');
});
