import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { listAttributes } from '../../../../../../linux/attributes.js';
import { SystemError } from '../../../../../../linux/errno.js';
import { archive, directory, entry, file, hardLink, noise, pax, symbolicLink } from '../../../../../corpus/tar.js';
import { run } from '../../../../../support/command.js';
import { failureOf } from '../../../../../support/failures.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../../support/images/filesystems.js';
import { like, re } from '../../../../../support/like.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { hasTooMuch, itsHeadersAndPadding, noSpaceFor } from '../../../../../support/texts/formats.js';
import { lossesOf, MemorySource, unpack } from '../unpacking.js';

const root = { root: true };

const attributes = (...pairs: readonly (readonly [string, string])[]) =>
  pax(pairs.map(([name, value]) => [`SCHILY.xattr.${name}`, value]));

describe('limits and refusals', () => {
  test('holes do not count against the size limit, data does', (t) => {
    const place = temporaryDirectory(t);
    const sparse = pax([
      ['GNU.sparse.size', String(2 ** 40)],
      ['GNU.sparse.map', '4096,5'],
    ]);
    const bytes = archive(sparse, file('s', '12345'), file('a', 'x'.repeat(500)));
    assert.equal(unpack(bytes, place.file('one'), { sizeMax: 505 }).dataBytes, 505);
    const failure = failureOf(() => unpack(bytes, place.file('two'), { sizeMax: 504 }));
    assert.equal(failure.kind, 'UnsupportedFormat');
    assert.match(failure.message, /more than 504 bytes.*'a'.*--size-max/);
  });

  test('a file keeps its size whatever its last hole is: none, one byte, or many', (t) => {
    const place = temporaryDirectory(t);
    for (const hole of [0, 1, 511, 512, 4095, 4096, 2 ** 33]) {
      const sparse = pax([
        ['GNU.sparse.size', String(5 + hole)],
        ['GNU.sparse.map', '0,5'],
      ]);
      unpack(archive(sparse, file('s', '12345')), place.file(`tree-${hole}`));
      assert.equal(statSync(place.file(`tree-${hole}`, 's')).size, 5 + hole);
    }
    const bytes = archive(
      pax([
        ['GNU.sparse.size', '8193'],
        ['GNU.sparse.map', '1,1,8191,1'],
      ]),
      file('s', 'ab'),
    );
    unpack(bytes, place.file('gaps'));
    const expected = Buffer.alloc(8193);
    expected.write('a', 1);
    expected.write('b', 8191);
    assert.deepEqual(readFileSync(place.file('gaps', 's')), expected);
  });

  test('a sparse map goes forward, within its file, and over all that is stored', (t) => {
    const place = temporaryDirectory(t);
    const unpackMap = (map: string, size: number, content = '1234567890') => {
      const sparse = pax([
        ['GNU.sparse.size', String(size)],
        ['GNU.sparse.map', map],
      ]);
      unpack(archive(sparse, file('s', content)), place.file('tree'));
    };
    unpackMap('0,5,5,5', 10);
    for (const [map, size] of [
      ['5,5,0,5', 20],
      ['0,5,4,5', 20],
      ['0,5,5,5', 9],
      ['0,5,6,5', 10],
      ['11,10', 20],
      ['0,5', 20],
      ['0,5,10,6', 20],
    ] as const) {
      const failure = failureOf(() => unpackMap(map, size));
      assert.equal(failure.kind, 'Corrupt', map);
      assert.match(failure.message, /sparse map/, map);
    }
  });

  test('zeros are no archive, and what is needed instead is among the facts', (t) => {
    const path = temporaryDirectory(t).file('tree');
    for (const [bytes, facts] of [
      [Buffer.alloc(1024), { needed: 'zeros', allowed: 'a tar archive with entries' }],
      [Buffer.alloc(2048, '').fill(1, 1024), { needed: 'data beginning with zeros', allowed: 'a tar archive' }],
    ] as const)
      assert.throws(() => unpack(bytes, path), { kind: 'UnsupportedFormat', facts });
  });

  const one = file('a', '12345');
  for (const [what, begin, again] of [
    ['zeros after its end', archive(one), Buffer.alloc(512)],
    ['rubbish after its end', archive(one), Buffer.alloc(512, 1)],
    ['directories', one, directory('d')],
    ['the same empty file', one, file('b', '')],
    ['entries of an unknown type', one, entry({ name: 'u', type: 'Y' })],
  ] as const)
    test(`an archive that goes on with ${what} for ever ends`, (t) => {
      let next = begin;
      const endless = {
        read(buffer: Buffer, offset: number, length: number) {
          const count = next.copy(buffer, offset, 0, length);
          next = count < next.length ? next.subarray(count) : again;
          return count;
        },
      };
      const failure = failureOf(() => unpack(endless, temporaryDirectory(t).file('tree'), { sizeMax: 4096 }));
      assert.equal(failure.kind, 'UnsupportedFormat');
      const says = `The archive ${hasTooMuch('more than 262144 bytes', itsHeadersAndPadding, '', 64)}`;
      assert.equal(failure.message, says);
    });

  test('a full file system', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 16);
    const failure = failureOf(() => unpack(archive(file('large', noise(20_000_000))), `${filesystem.path}/image`));
    assert.equal(failure.kind, 'InsufficientSpace');
    assert.match(failure.message, like`file system is full: ${noSpaceFor("'large'", re(/\d+/))}`);
  });

  test('a file that can have no more names is copied', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    // EXT4_LINK_MAX.
    const links = Array.from({ length: 65_000 }, (_, index) => hardLink(`l${index}`, 'a'));
    const capability = attributes(
      ['security.capability', '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0'],
      ['user.x', 'y'],
    );
    const bytes = archive(capability, file('a', 'content', { user: 5, group: 6, mode: 0o4750 }), ...links);
    const { losses, dataBytes } = unpack(bytes, `${filesystem.path}/image`);
    assert.deepEqual(losses, { entries: 1, kinds: [{ kind: 'links', count: 1, examples: ["'l64999'"] }] });
    assert.equal(dataBytes, 14);
    const copy = `${filesystem.path}/image/l64999`;
    assert.equal(readFileSync(copy, 'utf8'), 'content');
    const { uid, gid, mode, mtimeMs, nlink } = lstatSync(copy);
    assert.deepEqual([uid, gid, mode & 0o7777, mtimeMs, nlink], [5, 6, 0o4750, 1e12, 1]);
    assert.deepEqual(listAttributes(copy).sort(), ['security.capability', 'user.x']);
  });

  test('an attribute that the file system has no room for', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    const bytes = archive(attributes(['user.large', 'v'.repeat(60_000)]), file('a', 'x'));
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    const { losses } = unpack(bytes, `${filesystem.path}/image`);
    assert.deepEqual(lossesOf(losses), { entries: 1, attributes: 1 });
    assert.equal(readFileSync(`${filesystem.path}/image/a`, 'utf8'), 'x');
    // Where there is hardly room for anything else either, the disk is full.
    await using small = mountedFilesystem(t, 'ext4', 8);
    const failure = failureOf(() => unpack(bytes, `${small.path}/image`));
    assert.equal(failure.kind, 'InsufficientSpace');
  });

  test('a read-only file system', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 16);
    mkdirSync(`${filesystem.path}/image`);
    run('mount', ['-o', 'remount,ro', filesystem.path]);
    const failure = failureOf(() => unpack(archive(file('d/a', 'x')), `${filesystem.path}/image`));
    assert.deepEqual(failure.facts, { path: 'd/a', errorName: 'EROFS' });
    assert.match(failure.message, /file system is read-only/);
  });

  test("the source's own errors pass unchanged", (t) => {
    const place = temporaryDirectory(t);
    const error = new SystemError('read', 5, 'pipe');
    const start = new MemorySource(Buffer.concat([file('a', 'x'), entry({ name: 'b', size: 5000 })]));
    const source = {
      read(buffer: Buffer, offset: number, length: number) {
        const count = start.read(buffer, offset, length);
        if (count === 0) throw error;
        return count;
      },
    };
    assert.throws(
      () => unpack(source, place.file('image')),
      (thrown) => thrown === error,
    );
  });

  test('progress is told in steps of a few MiB, also within one file', (t) => {
    const place = temporaryDirectory(t);
    const told: number[] = [];
    const bytes = archive(file('a', noise(10 << 20)), file('b', 'x'));
    unpack(bytes, place.file('image'), { onProgress: ({ bytes: done }) => told.push(done) });
    assert.equal(told.length, 2);
    assert.ok(told.every((done, index) => done >= (index + 1) * (4 << 20)));
  });
});

describe('without rights', () => {
  const bytes = archive(
    directory('./', { user: 0, group: 0 }),
    file('owned', 'x', { user: 4, group: 5 }),
    file('set-id', 'x', { user: 4, group: 5, mode: 0o6755 }),
    symbolicLink('link', 'x', { user: 4, group: 5 }),
    entry({ name: 'device', type: '3', major: 1, minor: 3, user: 0, group: 0 }),
    entry({ name: 'fifo', type: '6' }),
    pax([
      ['SCHILY.xattr.trusted.x', 'x'],
      ['SCHILY.xattr.user.kept', 'x'],
      ['SCHILY.xattr.security.capability', 'x'],
    ]),
    file('attributes', 'x'),
    directory('closed', { mode: 0o500 }),
    file('closed/a', 'x'),
    directory('locked', { mode: 0 }),
    file('locked/a', 'x'),
    ...Array.from({ length: 100 }, (_, index) => file(`d${index}/a`, 'x')),
    file('closed/b', 'x'),
    file('locked/below/b', 'x'),
  );

  /** Node refuses to become another user where io_uring may be on, as it is on Debian. */
  const changeableUser = { UV_USE_IO_URING: '0' };

  /** Unpacks as user 65534 in a child process, and prints what came of it. */
  function unpackAsNobody(place: { path: string; file(...names: string[]): string }): unknown {
    const script = `
      const { extractTree } = await import(process.argv[1] + '/extract.js');
      const fs = await import('node:fs');
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const input = fs.openSync('/dev/stdin', 'r');
      fs.mkdirSync(process.argv[2]);
      const root = fs.openSync(process.argv[2], fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      const source = { read: (b, o, l) => fs.readSync(0, b, o, l, null) };
      try {
        console.log(JSON.stringify(extractTree(source, root, { labels: 'leave' })));
      } catch (error) { console.log(JSON.stringify({ kind: error.kind, facts: error.facts, message: error.message })); }`;
    chmodSync(place.path, 0o777);
    const module = new URL('../../../../../../service/formats/tar/unpack', import.meta.url).pathname;
    const parameters = [
      '--input-type=module',
      '-e',
      script.replace("const input = fs.openSync('/dev/stdin', 'r');", ''),
      module,
      place.file('image'),
    ];
    return JSON.parse(run(process.execPath, parameters, { input: bytes, environment: changeableUser }));
  }

  test('what the kernel refuses is counted', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const result = unpackAsNobody(place);
    assert.ok(typeof result === 'object' && result !== null && 'losses' in result, JSON.stringify(result));
    // Every one of the 100 files belongs to root too, as do attributes, fifo, closed and locked with two files each, and the root.
    assert.deepEqual(result.losses, {
      entries: 113,
      kinds: [
        { kind: 'owners', count: 112, examples: ["'owned'", "'set-id'", "'link'"] },
        {
          kind: 'attributes',
          count: 2,
          examples: ["trusted.x of 'attributes'", "security.capability of 'attributes'"],
        },
        { kind: 'modes', count: 1, examples: ["'set-id'"] },
        { kind: 'devices', count: 1, examples: ["'device'"] },
      ],
    });
    assert.equal(existsSync(place.file('image', 'device')), false);
    assert.equal(lstatSync(place.file('image', 'set-id')).mode & 0o7777, 0o755);
    assert.deepEqual(listAttributes(place.file('image', 'attributes')), ['user.kept']);
    assert.equal(lstatSync(place.file('image', 'closed')).mode & 0o7777, 0o500);
    assert.equal(lstatSync(place.file('image', 'closed')).mtimeMs, 1e12);
    assert.equal(readFileSync(place.file('image', 'closed', 'b'), 'utf8'), 'x');
    assert.equal(lstatSync(place.file('image', 'locked')).mode & 0o7777, 0);
    assert.equal(readFileSync(place.file('image', 'locked', 'below', 'b'), 'utf8'), 'x');
  });
});
