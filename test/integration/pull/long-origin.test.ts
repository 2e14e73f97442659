import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getAttribute } from '../../../linux/attributes.js';
import { ftruncate } from '../../../linux/files.js';
import { createTemporaryFile } from '../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { openPartial, PartialDownload, partialName, safeStep } from '../../../service/images/pristine/partial.js';
import { archive, file, pax } from '../../corpus/tar.js';
import { run } from '../../support/command.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { attributesAndAcls, cannotStoreExactly } from '../../support/texts/transfers.js';

type Place = FilesystemType | 'tmpfs';

/** The mount point of a new file system, which goes with the test; undefined where that cannot be had. */
function mounted(t: TestContext, type: Place): string | undefined {
  if (type !== 'tmpfs') return needs(t, filesystemNeeds(type)) ? mountedFilesystem(t, type, 600).path : undefined;
  if (!needs(t, { root: true, features: ['mount'] })) return undefined;
  const path = temporaryDirectory(t).file('tmpfs');
  mkdirSync(path);
  run('mount', ['-t', 'tmpfs', 'none', path]);
  return path;
}

const disk = Buffer.alloc(100_000, 'disk');
const tree = archive(file('file', 'content'));

/** Serves an image under any query, with an ETag, and notes the statuses. */
async function serve(t: TestContext, etag: string) {
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const isKnown = request.headers['if-none-match'] === etag;
    const path = (request.url ?? '').replace(/\?.*/, '');
    const bytes = { '/x.raw': disk, '/x.tar': tree }[path];
    const status = bytes === undefined ? 404 : isKnown ? 304 : 200;
    if (bytes !== undefined) statuses.push(status);
    response.writeHead(status, { ETag: etag }).end(status === 200 ? bytes : undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { statuses, url: `http://127.0.0.1:${port}` };
}

/** As presigned URLs have them. */
const query = `?X-Amz-Signature=${'0123456789abcdef'.repeat(256)}`;
const origins = [
  { what: 'a URL of 4 kB', query, etag: '"short"', statuses: [200, 304] },
  { what: 'an ETag of 3 kB', query: '', etag: `"${'e'.repeat(3000)}"`, statuses: [200, 304] },
  { what: 'a URL and an ETag of 4 kB', query, etag: `"${'e'.repeat(4096)}"`, statuses: null },
];

for (const type of ['ext4', 'btrfs', 'tmpfs'] as const) {
  for (const origin of origins) {
    test(`${origin.what} is no reason for a pull to fail after its download, on ${type}`, async (t) => {
      if (!needsProduct(t)) return;
      const mount = mounted(t, type);
      if (mount === undefined) return;
      const imageRoot = join(mount, 'images');
      mkdirSync(imageRoot);
      const host = await ferryHost(t, { imageRoot });
      for (const [verb, suffix] of [
        ['pull-raw', 'raw'],
        ['pull-tar', 'tar'],
      ] as const) {
        const { statuses, url } = await serve(t, origin.etag);
        for (const name of ['first', 'second']) {
          const source = `${url}/x.${suffix}${origin.query}`;
          const { status, stderr } = await host.ferryctl([verb, '-m', '--verify=no', source, `${name}-${suffix}`]);
          assert.equal(status, 0, stderr);
          const image = join(imageRoot, `${name}-${suffix}`);
          if (suffix === 'raw') assert.ok(readFileSync(`${image}.raw`).equals(disk));
          else assert.equal(readFileSync(join(image, 'file'), 'utf8'), 'content');
        }
        // The second pull still knows the first one's download, unless its ETag had no place anywhere.
        if (origin.statuses !== null) assert.deepEqual(statuses, origin.statuses);
        const { status, stderr } = await host.ferryctl([
          verb,
          '-m',
          '--verify=no',
          '-N',
          `${url}/x.${suffix}${origin.query}`,
          `third-${suffix}`,
        ]);
        assert.equal(status, 0, stderr);
      }
    });
  }
}

test('what has no place among the attributes is said', async (t) => {
  const mount = needsProduct(t) ? mounted(t, 'ext4') : undefined;
  if (mount === undefined) return;
  const host = await ferryHost(t, { imageRoot: mount });
  const { url } = await serve(t, '"e"');
  const { stderr } = await host.ferryctl(['pull-raw', '-m', '--verify=no', '-N', `${url}/x.raw${query}`, 'x']);
  assert.match(stderr, /Cannot store attributes with the image: user\.source_url: ENOSPC; they were left out/);
  assert.equal(getAttribute(join(mount, 'x.raw'), 'user.source_etag')?.toString(), '"e"');
});

test('an interrupted download of a long URL is found again', (t) => {
  const mount = mounted(t, 'ext4');
  if (mount === undefined) return;
  const url = `http://h/x.raw${query}`;
  using root = ImageRoot.open(mount);
  {
    using temporary = createTemporaryFile(root, 'raw');
    ftruncate(temporary.descriptor, safeStep);
    new PartialDownload(temporary, { url, validator: '"v"', total: undefined }).reached(safeStep);
    assert.equal(temporary.name, partialName(url));
  }
  const found = openPartial(mount, url);
  assert.deepEqual(found?.record, { url, validator: '"v"', total: undefined, offset: safeStep });
  assert.equal(openPartial(mount, `${url}0`), undefined);
});

test('attributes of files that the file system has no place for are left out, with a warning', async (t) => {
  const mount = needsProduct(t) ? mounted(t, 'ext4') : undefined;
  if (mount === undefined) return;
  const host = await ferryHost(t, { imageRoot: mount });
  const path = join(host.home, 'archive.tar');
  const large = pax([
    ['SCHILY.xattr.user.small', 'kept'],
    ['SCHILY.xattr.user.large', 'x'.repeat(20_000)],
  ]);
  const tooLarge = pax([['SCHILY.xattr.user.larger', 'x'.repeat(60_000)]]);
  writeFileSync(path, archive(large, file('a', 'x'), tooLarge, file('b', 'y')));
  const { status, stderr } = await host.ferryctl(['import-tar', '-m', path, 'x']);
  assert.equal(status, 0, stderr);
  const said = `${cannotStoreExactly('2 files')} 2 ${attributesAndAcls} (user.large of 'a', user.larger of 'b')`;
  assert.ok(stderr.includes(said), stderr);
  assert.equal(getAttribute(join(mount, 'x', 'a'), 'user.small')?.toString(), 'kept');
  assert.equal(getAttribute(join(mount, 'x', 'a'), 'user.large'), undefined);
  const strict = await host.ferryctl(['import-tar', '-m', '--strict', path, 'y']);
  assert.equal(strict.status, 17);
  assert.match(strict.stderr, /Cannot store 2 files exactly, as --strict requires/);
});
