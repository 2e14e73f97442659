import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readRelease, releaseFields } from '../../../../../service/images/details/release.js';
import { run } from '../../../../support/command.js';
import { mountMemory } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

function scene(t: TestContext) {
  const directory = temporaryDirectory(t);
  const tree = directory.file('tree');
  mkdirSync(tree);
  writeFileSync(directory.file('secret'), 'ID=secret\n');
  return {
    directory,
    tree,
    outside: directory.file('secret'),
    write(path: string, text: string | Buffer) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    },
    link(path: string, target: string) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      symlinkSync(target, join(tree, path));
    },
    fifo(path: string) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      execFileSync('mkfifo', [join(tree, path)]);
    },
    read(imageClass: 'machine' | 'sysext' | 'confext' = 'machine', name = 'x') {
      const root = openSync(tree, 'r');
      try {
        return readRelease(root, imageClass, name);
      } finally {
        closeSync(root);
      }
    },
  };
}

const none = { releaseFile: undefined, release: [] };

test('os-release is read as a shell reads it', () => {
  const text = `# comment\nNAME="A \\"B\\" \\$C"\nID=debian\n  VERSION_ID='1 2'\nbroken\nX=a\\ b\n=y\n`;
  assert.deepEqual(releaseFields(text), ['NAME=A "B" $C', 'ID=debian', 'VERSION_ID=1 2', 'X=a b']);
});

test('the release file of a machine is that in /etc, or else in /usr/lib, and its links stay in the tree', (t) => {
  const { write, link, read } = scene(t);
  assert.deepEqual(read(), {
    ...none,
    releaseProblem: 'It has no /etc/os-release or /usr/lib/os-release',
  });
  write('usr/lib/os-release', 'ID=own\n');
  assert.deepEqual(read(), { releaseFile: '/usr/lib/os-release', release: ['ID=own'], releaseProblem: undefined });
  // Absolute and beyond the top: both lead into the tree.
  link('etc/os-release', '/../../usr/lib/os-release');
  assert.deepEqual(read(), { releaseFile: '/etc/os-release', release: ['ID=own'], releaseProblem: undefined });
});

test('an extension is asked for the file that has its name', (t) => {
  const { write, read } = scene(t);
  write('usr/lib/extension-release.d/extension-release.tool', 'ID=_any\n');
  write('etc/extension-release.d/extension-release.settings', 'ID=debian\n');
  assert.deepEqual(read('sysext', 'tool').release, ['ID=_any']);
  assert.deepEqual(read('confext', 'settings').release, ['ID=debian']);
  assert.deepEqual(read('sysext', 'other'), {
    ...none,
    releaseProblem: 'It has no /usr/lib/extension-release.d/extension-release.other',
  });
});

test('no link of an image leads to a file of the host', (t) => {
  const { outside, link, read } = scene(t);
  link('etc/os-release', outside);
  assert.deepEqual(read().release, []);
});

test('what is mounted over an image is not read', (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  const { directory, tree, read } = scene(t);
  const mounted = mountMemory(directory, 64);
  writeFileSync(join(mounted, 'os-release'), 'ID=mounted\n');
  mkdirSync(join(tree, 'etc'));
  run('mount', ['--bind', mounted, join(tree, 'etc')]);
  assert.deepEqual(read(), { ...none, releaseProblem: '/etc/os-release in it is on another file system' });
});

test('what is not a file of some lines is not read as os-release', (t) => {
  const devices = scene(t);
  devices.fifo('etc/os-release');
  assert.deepEqual(devices.read(), { ...none, releaseProblem: '/etc/os-release in it is not a file' });
  const long = scene(t);
  long.write('etc/os-release', Buffer.alloc(100_000, 'x'));
  assert.deepEqual(long.read(), { ...none, releaseProblem: '/etc/os-release in it is longer than 16 KiB' });
  const loop = scene(t);
  loop.link('etc/os-release', 'os-release');
  assert.deepEqual(loop.read(), { ...none, releaseProblem: '/etc/os-release in it is a link that leads nowhere' });
});
