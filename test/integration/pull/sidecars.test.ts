import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../support/files.js';
import { FaultServer, type Faults } from '../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { hasMoreThanBytes, isMarkup, notVerityData } from '../../support/texts/transfers.js';

/* Sidecars are optional: what a server answers where it has none is no reason to fail, and never becomes one. */

const disk = Buffer.alloc(20_000, 'disk ');
const listed = `${sha256(disk)}  disk.raw\n`;
const suffixes = ['nspawn', 'roothash', 'roothash.p7s', 'verity'];
const page = '<!doctype html><html><title>Sign in</title></html>\n';
const proper: Record<string, Buffer> = {
  nspawn: Buffer.from('\ufeff[Exec]\r\nBoot=no\r\n'),
  roothash: Buffer.from(`${'0A'.repeat(32)}\r\n`),
  'roothash.p7s': Buffer.of(0x30, 3, 2, 1, 5),
  verity: Buffer.concat([Buffer.from('verity\0\0'), Buffer.alloc(3 << 20, 'v')]),
};

interface Row {
  what: string;
  /** What is served in the place of every sidecar. */
  content?: string | Buffer;
  faults?: Faults;
  /** The line for each sidecar, in the log at notice level; undefined for none. */
  says?: string;
}

const rows: Row[] = [
  ...[403, 404, 410].map((status) => ({ what: `status ${status}`, faults: { status } })),
  { what: 'status 204', faults: { status: 204, statusBytes: 0 } },
  ...[400, 401, 418, 500, 502, 504, 599].map((status) => ({
    what: `status ${status}`,
    faults: { status },
    says: `Left out disk.NAME: the server does not give it (HTTP status ${status})`,
  })),
  { what: 'an empty file', content: '' },
  { what: 'a web page', content: page, says: `Left out disk.NAME: it ${isMarkup}` },
  {
    what: 'an error in XML',
    content: '<?xml version="1.0"?><Error/>',
    faults: { headers: { 'Content-Type': 'application/xml' } },
    says: `Left out disk.NAME: it ${isMarkup}`,
  },
  { what: 'a redirect to a login page', faults: { redirect: '/login' }, says: `Left out disk.NAME: it ${isMarkup}` },
  {
    what: 'a redirect to where nobody listens',
    faults: { redirect: 'http://127.0.0.1:1/login' },
    says: 'Left out disk.NAME: the server redirects to where it cannot be fetched (HTTP status 302)',
  },
  {
    what: 'a redirect to ftp',
    faults: { redirect: 'ftp://127.0.0.1/login' },
    says: 'Left out disk.NAME: the server redirects to where it cannot be fetched (HTTP status 302)',
  },
];

/** A server with the disk and its checksum, where `content` is in the place of each sidecar. */
function serve(server: FaultServer, sidecar: (suffix: string) => [string | Buffer, Faults], sums = listed): string {
  server.serve('/login', page);
  server.serve('/SHA256SUMS', sums);
  for (const suffix of suffixes) server.serve(`/disk.${suffix}`, ...sidecar(suffix));
  return server.serve('/disk.raw', disk);
}

async function pull(host: FerryHost, url: string, verify: string, ...more: string[]) {
  for (const name of host.images()) rmSync(join(host.imageRoot, name), { recursive: true, force: true });
  return await host.ferryctl(['pull-raw', '-mN', `--verify=${verify}`, url, ...more]);
}

test('what is in the place of a sidecar, and is none, is left out, and the image is placed', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  for (const { what, content = '', faults = {}, says } of rows) {
    for (const verify of ['no', 'checksum']) {
      await t.test(`${what}, --verify=${verify}`, async () => {
        await using server = await FaultServer.start();
        const { status, stderr } = await pull(
          host,
          serve(server, () => [content, faults]),
          verify,
        );
        assert.equal(status, 0, stderr);
        assert.deepEqual(host.images(), ['disk.raw']);
        assert.deepEqual(readFileSync(join(host.imageRoot, 'disk.raw')), disk);
        for (const suffix of suffixes) {
          if (says === undefined) assert.doesNotMatch(stderr, /disk\.(nspawn|roothash|verity)/);
          else assert.ok(stderr.includes(`${says.replace('NAME', suffix)}\n`), stderr);
        }
        const planned = await host.ferryctl([
          'pull-raw',
          '-m',
          '--dry-run',
          `--verify=${verify}`,
          '--force',
          server.url('/disk.raw'),
        ]);
        assert.equal(planned.status, 0, planned.stderr);
        assert.doesNotMatch(planned.stdout, /Comes with/);
      });
    }
  }
});

test('sidecars that are what they must be are placed as they came, whatever the server calls them', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const labels: Faults[] = [
    {},
    { headers: { 'Content-Type': 'text/html' } },
    { headers: { 'Content-Encoding': 'identity' } },
    { chunked: true },
    { cutAt: 3, etags: ['"one"', '"two"'] },
    { cutAt: 8, etags: ['none'] },
  ];
  const all = listed + suffixes.map((suffix) => `${sha256(proper[suffix] ?? '')}  disk.${suffix}\n`).join('');
  for (const faults of labels) {
    await using server = await FaultServer.start();
    const url = serve(server, (suffix) => [proper[suffix] ?? '', faults], all);
    const { status, stderr } = await pull(host, url, 'checksum');
    assert.equal(status, 0, stderr);
    for (const suffix of suffixes)
      assert.deepEqual(readFileSync(join(host.imageRoot, `disk.${suffix}`)), proper[suffix], suffix);
  }
});

test('sidecars that the server encoded unasked are decoded, verity data also', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  await using server = await FaultServer.start();
  const encode = (bytes: Buffer): [Buffer, Faults] => [gzipSync(bytes), { headers: { 'Content-Encoding': 'x-gzip' } }];
  const { status, stderr } = await pull(
    host,
    serve(server, (suffix) => encode(proper[suffix] ?? disk)),
    'no',
  );
  assert.equal(status, 0, stderr);
  for (const suffix of suffixes)
    assert.deepEqual(readFileSync(join(host.imageRoot, `disk.${suffix}`)), proper[suffix], suffix);
  server.serve('/disk.nspawn', Buffer.of(0, 1, 2), { headers: { 'Content-Encoding': 'compress' } });
  const again = await pull(host, server.url('/disk.raw'), 'no');
  assert.equal(again.status, 0, again.stderr);
  assert.ok(
    again.stderr.includes('Left out disk.nspawn: it cannot be decoded (Content-Encoding: compress)\n'),
    again.stderr,
  );
});

test('encoded verity data that is listed must match decoded, and too much of it is left out', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  await using server = await FaultServer.start();
  const verity = proper.verity ?? disk;
  const encoded: Faults = { headers: { 'Content-Encoding': 'gzip' } };
  const sums = `${listed}${sha256(verity)}  disk.verity\n`;
  const only = (content: Buffer, faults: Faults) => (suffix: string) =>
    (suffix === 'verity' ? [content, faults] : ['', { status: 404 }]) as [Buffer | string, Faults];
  const url = serve(server, only(gzipSync(verity), encoded), sums);
  const decoded = await pull(host, url, 'checksum');
  assert.equal(decoded.status, 0, decoded.stderr);
  assert.deepEqual(readFileSync(join(host.imageRoot, 'disk.verity')), verity);

  serve(server, only(verity, encoded), sums);
  assert.equal((await pull(host, url, 'checksum')).status, 0);
  assert.deepEqual(readFileSync(join(host.imageRoot, 'disk.verity')), verity, 'a wrong label does no harm');

  const noise = Buffer.concat([gzipSync(verity), Buffer.alloc(64 << 20, 'x')]);
  serve(server, only(noise, encoded));
  const large = await pull(host, url, 'no');
  assert.equal(large.status, 0, large.stderr);
  const tooLarge = 'is encoded (Content-Encoding: gzip), though not asked to be, and too large to be decoded here';
  assert.ok(large.stderr.includes(`Left out disk.verity: it ${tooLarge}\n`), large.stderr);

  serve(server, only(gzipSync(disk), encoded));
  const other = await pull(host, url, 'no');
  assert.ok(other.stderr.includes(`Left out disk.verity: it ${notVerityData}\n`), other.stderr);
});

test('a sidecar that the checksum file lists and the server lacks is named', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const sums = `${listed}${sha256('')}  disk.roothash\n${sha256(' ')}  disk.verity\n`;
  for (const status of [404, 403, 410]) {
    await using server = await FaultServer.start();
    const url = serve(server, () => ['', { status }], sums);
    const { stderr, ...pulled } = await pull(host, url, 'checksum');
    assert.equal(pulled.status, 0, stderr);
    assert.deepEqual(host.images(), ['disk.raw']);
    const shown = status === 403 ? ' (HTTP status 403)' : '';
    for (const suffix of ['roothash', 'verity'])
      assert.ok(stderr.includes(`Left out disk.${suffix}: SHA256SUMS lists it, but it is not there${shown}\n`), stderr);
    assert.doesNotMatch(stderr, /disk\.(nspawn|roothash\.p7s)/, 'what is not listed is not missed');
    const unverified = await pull(host, url, 'no');
    assert.doesNotMatch(unverified.stderr, /Left out/);
  }
});

test('a sidecar that is listed must match, whatever it is', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const cases: [what: string, suffix: string, content: Buffer | string][] = [
    ['a web page', 'nspawn', page],
    ['an empty file', 'roothash', ''],
    ['other settings', 'nspawn', '[Exec]\nBoot=yes\n'],
    ['a large page', 'roothash', Buffer.alloc(2 << 20, '<p>')],
    ['a page instead of verity data', 'verity', Buffer.alloc(3 << 20, '<p>')],
  ];
  for (const [what, suffix, content] of cases) {
    await t.test(what, async () => {
      await using server = await FaultServer.start();
      const sums = `${listed}${sha256(proper[suffix] ?? '')}  disk.${suffix}\n`;
      const url = serve(server, (each) => (each === suffix ? [content, {}] : ['', { status: 404 }]), sums);
      const { status, stderr } = await pull(host, url, 'checksum');
      assert.equal(status, 6, stderr);
      const found = sha256(content);
      assert.ok(stderr.includes(`'disk.${suffix}' does not match its checksum: SHA256SUMS lists sha256`), stderr);
      assert.ok(stderr.includes(`the bytes received have ${found}. Nothing was placed.`), stderr);
      assert.deepEqual(host.images(), []);
      // What matches and is no sidecar is left out.
      server.serve('/SHA256SUMS', `${listed}${found}  disk.${suffix}\n`);
      const matching = await pull(host, url, 'checksum');
      assert.equal(matching.status, 0, matching.stderr);
      assert.deepEqual(host.images(), what === 'other settings' ? ['disk.nspawn', 'disk.raw'] : ['disk.raw']);
    });
  }
});

test('a small sidecar that is large is left out', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  await using server = await FaultServer.start();
  const content = Buffer.alloc((1 << 20) + 1, '[Exec]\n');
  const { status, stderr } = await pull(
    host,
    serve(server, (suffix) => [content, suffix === 'nspawn' ? {} : { status: 404 }]),
    'no',
  );
  assert.equal(status, 0, stderr);
  assert.ok(stderr.includes(`Left out disk.nspawn: it ${hasMoreThanBytes(1048576)}\n`), stderr);
  assert.deepEqual(host.images(), ['disk.raw']);
});

test('what lies beside the image of a file: URL, and is no sidecar, is left out', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const place = temporaryDirectory(t);
  writeFileSync(place.file('disk.raw'), disk);
  for (const suffix of suffixes) writeFileSync(place.file(`disk.${suffix}`), page);
  const url = `file://${place.file('disk.raw')}`;
  const { status, stderr } = await pull(host, url, 'no');
  assert.equal(status, 0, stderr);
  assert.deepEqual(host.images(), ['disk.raw']);
  for (const suffix of suffixes) assert.ok(stderr.includes(`Left out disk.${suffix}: it ${isMarkup}\n`), stderr);
  for (const suffix of suffixes) writeFileSync(place.file(`disk.${suffix}`), proper[suffix] ?? '');
  assert.equal((await pull(host, url, 'no')).status, 0);
  assert.deepEqual(host.images(), ['disk.nspawn', 'disk.raw', 'disk.roothash', 'disk.roothash.p7s', 'disk.verity']);
});
