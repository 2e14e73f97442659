import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { changeFileFlags, FileFlag } from '../../../linux/attributes.js';
import { run } from '../../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { lacking, needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('a temporary directory goes with its scope', async () => {
  let path: string;
  {
    await using directory = temporaryDirectory();
    path = directory.path;
    mkdirSync(directory.file('closed'), { mode: 0o000 });
    writeFileSync(directory.file('file'), 'x');
    assert.ok(existsSync(directory.file('file')));
  }
  assert.ok(!existsSync(path));
});

test('an immutable file does not keep a temporary directory, also without chattr(1)', async (t) => {
  if (!needs(t, { root: true })) return;
  const directory = temporaryDirectory();
  mkdirSync(directory.file('tree'));
  writeFileSync(directory.file('tree', 'file'), 'x');
  for (const path of [directory.file('tree', 'file'), directory.file('tree')]) {
    const descriptor = openSync(path, 'r');
    changeFileFlags(descriptor, FileFlag.immutable, 0);
    closeSync(descriptor);
  }
  await directory[Symbol.asyncDispose]();
  assert.ok(!existsSync(directory.path));
});

for (const type of ['ext4', 'btrfs', 'xfs'] as const) {
  test(`a mounted ${type} goes with its scope`, async (t) => {
    if (!needs(t, filesystemNeeds(type))) return;
    let path: string;
    {
      await using filesystem = mountedFilesystem(t, type, 320);
      path = filesystem.path;
      writeFileSync(`${path}/file`, 'x');
      assert.equal(run('stat', ['-f', '-c', '%T', path]).trim().replace('/ext3', ''), type === 'ext4' ? 'ext2' : type);
    }
    assert.ok(!existsSync(path));
    assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(path));
    assert.ok(!run('losetup', ['--list', '--output', 'BACK-FILE']).includes(path.replace(/mount$/, 'image')));
  });
}

test('what a killed process has left is removed by the next', async (t) => {
  if (!needs(t, filesystemNeeds('ext4'))) return;
  const module = new URL('../../support/images/filesystems.js', import.meta.url).href;
  const script = `const m = await import(${JSON.stringify(module)});
    console.log(m.mountedFilesystem(undefined, 'ext4', 16).path); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(child.stdout, 'data');
  const path = String(chunk).trim();
  assert.ok(readFileSync('/proc/self/mountinfo', 'utf8').includes(path));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const next = `const m = await import(${JSON.stringify(new URL('../../support/temporary.js', import.meta.url).href)}); m.removeStaleDirectories();`;
  run(process.execPath, ['--input-type=module', '-e', next]);
  assert.ok(!existsSync(path));
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(path));
});

test('what is lacking is named', () => {
  assert.equal(lacking({ programs: ['sh'], files: ['/'] }), undefined);
  assert.equal(
    lacking({ programs: ['no-such-program'], files: ['/no/such/file'] }),
    'needs the program no-such-program, the file /no/such/file',
  );
});
