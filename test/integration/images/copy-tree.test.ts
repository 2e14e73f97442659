import assert from 'node:assert/strict';
import { closeSync, constants, lstatSync, mkdirSync, openSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LossCounter } from '../../../service/formats/metadata/losses.js';
import { copyTree } from '../../../service/images/copy/copy-tree.js';
import { run, shell } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { isMarkedImmutable } from '../../support/images/image-root.js';
import { needs } from '../../support/needs.js';
import { findProgram } from '../../support/programs.js';

function copy(from: string, to: string, options: Parameters<typeof copyTree>[2] = {}): void {
  mkdirSync(to);
  const [source, target] = [from, to].map((path) => openSync(path, constants.O_DIRECTORY));
  try {
    copyTree(source ?? -1, target ?? -1, options);
  } finally {
    for (const descriptor of [source, target]) if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Everything there is to a tree, by the eyes of find(1), getfattr(1) and getfacl(1). */
function portrait(path: string): string {
  return shell(
    `cd "$1"
     find . -printf '%p %y %m %U:%G %T@ %n %l ' \\( -type f -printf '%s' -o -true \\) \\( -type b -o -type c \\) -exec stat -c '%t,%T' {} \\; -o -printf '\\n' | LC_ALL=C sort
     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
     find . -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null
     find . ! -type l -print0 | LC_ALL=C sort -z | xargs -0 getfacl -n -p 2>/dev/null`,
    [path],
  );
}

function makeSource(source: string): void {
  shell(
    `mkdir -p "$1/dir/sub" "$1/sticky"; cd "$1"
     echo hello >file; echo other >other; ln file dir/hardlink; ln -s ../file dir/link; ln -s nowhere dangling; ln dangling dangling2
     mkfifo fifo; mknod null c 1 3; mknod disk b 7 250
     python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
     printf 'x' >"$(printf 'bad\\377name')"; printf x >$'new\\nline'; mkdir 'dir with space'
     cp /bin/true setuid; chown 1000:1001 setuid; chmod 6755 setuid; chmod 1777 sticky; chmod 2750 dir
     chown 12345:54321 other dir/sub; chown -h 77:88 dangling; : >empty; chmod 000 empty
     setfattr -n user.test -v value file; setfattr -n trusted.test -v 0x00ff00 dir; setfattr -h -n trusted.l -v x dangling
     setcap cap_net_raw+ep other
     setfacl -m u:1234:rw,g:4321:r file; setfacl -d -m u:1234:rwx dir; setfacl -m u:9:r setuid
     truncate -s 64M sparse; printf middle | dd of=sparse bs=1 seek=33554432 conv=notrunc status=none; truncate -s 5M hole
     chattr +d other; chattr +A dir
     echo log >immutable; chattr +i immutable; echo a >append; chattr +a append; mkdir locked; echo in >locked/in; chattr +i locked
     touch -d @1000000000.123456789 file; touch -h -d @-5.5 dangling; touch -d @2.000000001 dir/sub dir .`,
    [source],
  );
}

const programs = ['getfacl', 'setfacl', 'setcap', 'setfattr', 'getfattr', 'mkfifo', 'mknod', 'python3'];

test('a copied tree is the same in every respect', async (t) => {
  await onEachFilesystem(t, (path, _type, inner) => {
    if (!needs(inner, { root: true, programs })) return;
    const [source, target] = [join(path, 'source'), join(path, 'target')];
    makeSource(source);
    run('chattr', ['+i', source]);
    copy(source, target);
    assert.equal(portrait(target), portrait(source));
    assert.equal(statSync(join(target, 'file')).ino, statSync(join(target, 'dir/hardlink')).ino);
    assert.ok(statSync(join(target, 'sparse')).blocks * 512 < 1 << 20);
    assert.equal(statSync(join(target, 'hole')).blocks, 0);
    const flags = (root: string) =>
      shell('cd "$1"; lsattr -d other dir immutable append locked locked/in | grep -o "^[^ ]*" | tr -d e-', [root]);
    assert.equal(flags(target), flags(source));
    assert.equal(isMarkedImmutable(target), false);
    assert.equal(isMarkedImmutable(source), true);
  });
});

test('what is mounted inside does not belong to the tree', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const source = join(path, 'source');
      mkdirSync(join(source, 'mnt'), { recursive: true });
      run('mount', ['-t', 'tmpfs', '-o', 'mode=0711', 'none', join(source, 'mnt')]);
      writeFileSync(join(source, 'mnt/foreign'), '');
      copy(source, join(path, 'target'));
      run('umount', [join(source, 'mnt')]);
      assert.equal(shell('cd "$1"; find . -mindepth 1', [join(path, 'target')]).trim(), './mnt');
    },
    ['ext4', 'btrfs'],
  );
});

test('attributes of origin of the root are left out, losses counted, entries followed', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const [source, target] = [join(path, 'source'), join(path, 'target')];
      mkdirSync(join(source, 'a'), { recursive: true });
      for (const name of ['.', 'a']) run('setfattr', ['-n', 'user.source_url', '-v', '1', join(source, name)]);
      const seen: string[] = [];
      copy(source, target, {
        onEntry: (name) => seen.push(name.toString()),
      });
      assert.deepEqual(seen, ['a']);
      assert.doesNotMatch(run('getfattr', ['-d', target]), /user\.source_url/);
      assert.match(run('getfattr', ['-d', join(target, 'a')]), /user\.source_url/);
      const stop = new Error('stop');
      const onEntry = () => {
        throw stop;
      };
      assert.throws(() => copy(source, join(path, 'stopped'), { onEntry }), stop);
    },
    ['ext4'],
  );
});

test('without rights, owners are a loss and set-user-id goes', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const source = join(path, 'source');
      mkdirSync(source);
      writeFileSync(join(source, 'setuid'), '');
      run('chown', ['1:1', join(source, 'setuid')]);
      run('chmod', ['4755', join(source, 'setuid')]);
      utimesSync(join(source, 'setuid'), 5, 5);
      const counted: string[] = [];
      const target = join(path, 'target');
      copy(source, target, {
        losses: {
          attempt(kind, _entry, action) {
            if (kind === 'owners') return counted.push(kind) < 0;
            action();
            return true;
          },
          count: (kind) => counted.push(kind),
        },
      });
      assert.equal(lstatSync(join(target, 'setuid')).mode & 0o7777, 0o755);
      assert.deepEqual(counted, ['owners', 'modes', 'owners']);
    },
    ['ext4'],
  );
});

test('a flag or a tree that is refused is a failure', async (t) => {
  if (!needs(t, { root: true }) || findProgram('mount') === undefined) return;
  await onEachFilesystem(
    t,
    (path) => {
      const source = join(path, 'source');
      mkdirSync(source);
      writeFileSync(join(source, 'x'), '');
      mkdirSync(join(path, 'full'));
      run('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=2', 'none', join(path, 'full')]);
      try {
        assert.throws(() => copy(source, join(path, 'full/target')), { code: 'ENOSPC' });
      } finally {
        run('umount', [join(path, 'full')]);
      }
    },
    ['ext4'],
  );
});

test('a directory that is not copied on write is kept so, by a copy as by an archive', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const source = join(path, 'source');
      shell('mkdir -p "$1/d"; chattr +C "$1/d"', [source]);
      copy(source, join(path, 'target'));
      assert.match(run('lsattr', ['-d', join(path, 'target/d')]), /^[^ ]*C/);
    },
    ['btrfs'],
  );
});

test('flags that a file system has not are lost by a tree that comes in, and hints by any copy', async (t) => {
  if (!needs(t, { root: true }) || findProgram('mount') === undefined) return;
  await onEachFilesystem(
    t,
    (path) => {
      const [source, small] = [join(path, 'source'), join(path, 'small')];
      shell('mkdir "$1" "$2"; touch "$1/file"; chattr +C "$1/file"', [source, small]);
      run('mount', ['-t', 'tmpfs', 'none', small]);
      try {
        copy(source, join(small, 'hint'));
        shell('chattr +S "$1/file"', [source]);
        assert.throws(() => copy(source, join(small, 'exact')));
        const losses = new LossCounter(-1);
        copy(source, join(small, 'lossy'), { losses });
        assert.deepEqual(losses.losses, { entries: 1, kinds: [{ kind: 'flags', count: 1, examples: ["'file'"] }] });
      } finally {
        run('umount', [small]);
      }
    },
    ['btrfs'],
  );
});
