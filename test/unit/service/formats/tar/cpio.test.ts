import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { archive, end, type Member, member, summed } from '../../../../corpus/cpio.js';
import { shell } from '../../../../support/command.js';
import { compareTrees } from '../../../../support/images/compare-trees.js';
import { like } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { hasAbsoluteName, liesBelow } from '../../../../support/texts/formats.js';
import { MemorySource, unpack } from './unpacking.js';

for (const format of ['newc', 'crc', 'odc']) {
  test(`a ${format} archive of cpio unpacks to the tree that it was made of`, async (t) => {
    if (!needs(t, { programs: ['cpio'] })) return;
    await using directory = temporaryDirectory(t);
    shell(
      `cd "$1" && mkdir -p tree/etc tree/empty && cd tree && echo ID=x >etc/os-release && ln -s ../etc/os-release etc/link
      echo shared >one && ln one two && ln one etc/three && : >none && ln none nothing && chmod 4755 one && head -c 300001 /dev/urandom >big
      mkfifo fifo && chmod 1777 empty && find . -exec touch -h -d @1000000000 {} + && find . | cpio -o -H ${format} --quiet >../archive`,
      [directory.path],
    );
    const bytes = readFileSync(directory.file('archive'));
    const summary = unpack(new MemorySource(bytes, 1000), directory.file('unpacked'));
    assert.deepEqual(compareTrees(directory.file('tree'), directory.file('unpacked')), []);
    assert.equal(lstatSync(directory.file('unpacked/two')).nlink, 3);
    assert.equal(lstatSync(directory.file('unpacked/nothing')).nlink, 2);
    assert.equal(summary.endMarker, true);
    assert.equal(summary.trailingBytes, 0);
  });
}

/** Names of one file, and with which of them its data comes. */
const linked: readonly [what: string, first: Partial<Member>, second: Partial<Member>][] = [
  ['the first', { data: 'text' }, {}],
  ['the last', {}, { data: 'text' }],
  ['each', { data: 'text' }, { data: 'text' }],
  ['one, with a third that never comes,', { data: 'text', links: 3 }, { links: 3 }],
];
for (const [what, first, second] of linked) {
  test(`data that comes with ${what} of two names is in both`, async (t) => {
    await using directory = temporaryDirectory(t);
    const bytes = archive(
      { name: 'a', inode: 7, links: 2, ...first },
      { name: 'other', inode: 8 },
      { name: 'b', inode: 7, links: 2, ...second },
    );
    unpack(bytes, directory.file('tree'));
    const [a, b] = ['a', 'b'].map((name) => directory.file('tree', name));
    assert.equal(readFileSync(a ?? '', 'utf8'), 'text');
    assert.equal(lstatSync(a ?? '').ino, lstatSync(b ?? '').ino);
  });
}

test('a socket is made, as in a copied directory, and not left out as of an unknown type', async (t) => {
  await using directory = temporaryDirectory(t);
  const summary = unpack(archive({ name: 'socket', mode: 0o140755 }), directory.file('tree'));
  assert.ok(lstatSync(directory.file('tree', 'socket')).isSocket());
  assert.equal(summary.unknownEntries, 0);
});

test('a file whose other name never comes is there, and empty', async (t) => {
  await using directory = temporaryDirectory(t);
  unpack(archive({ name: 'a', links: 2 }), directory.file('tree'));
  assert.equal(lstatSync(directory.file('tree', 'a')).size, 0);
});

test('files whose other names never come are bounded, and so are names of one file', async (t) => {
  await using directory = temporaryDirectory(t);
  for (const inode of [(index: number) => index, () => 1]) {
    const members = Array.from({ length: 150_000 }, (_, index) => {
      return member({ name: 'a', links: 200_000, inode: inode(index) });
    });
    assert.throws(() => unpack(Buffer.concat(members), directory.file('tree')), {
      kind: 'Corrupt',
      message: /^At byte \d+, the cpio archive has too many files whose other names have not come$/,
    });
  }
});

test('what follows the end of a cpio archive is counted and ignored', async (t) => {
  await using directory = temporaryDirectory(t);
  const source = new MemorySource(Buffer.concat([archive({ name: 'a' }), Buffer.alloc(512), Buffer.from('more')]));
  const { trailingBytes } = unpack(source, directory.file('tree'));
  assert.equal(trailingBytes, 4);
  assert.ok(source.drained);
  assert.deepEqual(readdirSync(directory.file('tree')), ['a']);
});

test('sums of data are compared, also of data that is not written, and of long data', async (t) => {
  await using directory = temporaryDirectory(t);
  const long = '\xff'.repeat(300_001);
  const files = (sum: number) =>
    Buffer.concat([
      summed({ name: 'd', mode: 0o40755, inode: 9 }, 0),
      summed({ name: 'a', data: 'text' }, 453),
      summed({ name: 'l', mode: 0o120777, inode: 2, data: 'text' }, 0),
      summed({ name: 'b', data: long, inode: 3, links: 2 }, 255 * 300_001),
      summed({ name: 'c', data: long, inode: 3, links: 2 }, sum),
      summed({ name: 'TRAILER!!!', mode: 0 }, 0),
    ]);
  unpack(new MemorySource(files(255 * 300_001), 1000), directory.file('tree'));
  assert.equal(readFileSync(directory.file('tree', 'c'), 'latin1'), long);
  const message = /^At byte \d+, the cpio archive has data that does not match its checksum, of 'c'$/;
  assert.throws(() => unpack(files(255 * 300_001 - 1), directory.file('other')), { kind: 'Corrupt', message });
  const one = Buffer.concat([summed({ name: 'a', data: 'text' }, 454), end]);
  assert.throws(() => unpack(one, directory.file('third')), { kind: 'Corrupt' });
});

const bad: readonly [what: string, bytes: Buffer, message: string | RegExp][] = [
  ['without an end', member({ name: 'a' }), 'At byte 112, the cpio archive is truncated: it has no end mark'],
  [
    'with a hole',
    Buffer.concat([member({ name: 'a' }), Buffer.alloc(112), end]),
    'At byte 112, the cpio archive is damaged: it has no header here',
  ],
  [
    'with a number that is none',
    Buffer.from(member({ name: 'a' }).toString('latin1').replace('000081a4', '0000x1a4')),
    'At byte 0, the cpio archive has a header with a field that is not a number',
  ],
  [
    'with a name of no length',
    archive({ name: 'a', nameLength: 0 }),
    'At byte 0, the cpio archive has a name of 0 bytes',
  ],
  [
    'with a very long name',
    archive({ name: 'a', nameLength: 70_000 }),
    'At byte 0, the cpio archive has a name of 70000 bytes',
  ],
  [
    'with a name that does not end',
    archive({ name: 'abc', nameLength: 2 }),
    'At byte 0, the cpio archive has a name without its end',
  ],
  [
    'with a long target',
    archive({ name: 'a', mode: 0o120777, size: 5000 }),
    'At byte 0, the cpio archive has a symbolic link with a target of 5000 bytes',
  ],
  ['cut in its data', member({ name: 'a', size: 500 }), /truncated: the data ends in the middle of it/],
  ['with an absolute name', archive({ name: '/etc/passwd' }), like`${hasAbsoluteName}$`],
  ['that leads out', archive({ name: '../x' }), /leads out of the image by '\.\.'$/],
  [
    'that writes through a link',
    archive({ name: 'l', mode: 0o120777, data: '/tmp' }, { name: 'l/x', inode: 2 }),
    like`${liesBelow('l')}$`,
  ],
];
for (const [what, bytes, message] of bad) {
  test(`a cpio archive ${what} is refused`, async (t) => {
    await using directory = temporaryDirectory(t);
    assert.throws(() => unpack(bytes, directory.file('tree')), { kind: 'Corrupt', message });
    assert.ok(!existsSync(directory.file('x')));
  });
}
