import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { Ed25519Key } from '../../../support/catalogues/ed25519.js';
import { cannotDownload } from '../../../support/texts/downloads.js';
import { isMarkupAndNoList, wasBestBefore } from '../../../support/texts/verification.js';
import { advice, digests, exportKeyring, gather, gnu, hash, outcomeOf, ready, signed, url } from './gathering.js';

const namesOf = (urls: readonly string[]) => urls.map((each) => each.replace('http://example.com/images/', ''));

describe('what is looked for', () => {
  const list = gnu(digests.sha256, 'image.raw');
  const refuses = new Failure('DownloadFailed', `${cannotDownload('it')} 500, no.`, { url: '', status: 500 });
  const forbids = new Failure('DownloadFailed', `${cannotDownload('it')} 403, no.`, { url: '', status: 403 });

  test('the usual files are asked for first, at most 24 in all', async (t) => {
    const asked: string[] = [];
    await gather({ SHA256SUMS: list }, { asked });
    assert.deepEqual(namesOf(asked).slice(0, 3), ['image.raw.sha256', 'SHA256SUMS', 'CHECKSUM']);
    assert.equal(asked.length, 17);
    if (!ready(t)) return;
    const all: string[] = [];
    await assert.rejects(gather({}, { asked: all, verification: 'signature', keyring: exportKeyring() }));
    assert.deepEqual(namesOf(all), [
      'image.raw.sha256',
      'SHA256SUMS',
      'SHA256SUMS.gpg',
      'SHA256SUMS.asc',
      'image.raw.asc',
      'image.raw.sig',
      'CHECKSUM',
      'sha256sums',
      'sha256sum.txt',
      'sha256sums.txt',
      'checksums.txt',
      'image.SHA256SUMS',
      'image.raw.SHA256',
      'image.raw.SHA256SUM',
      'image.raw.CHECKSUM',
      'SHA512SUMS',
      'image.raw.sha512',
      'image.raw.DIGESTS',
      'image.raw.SHA512',
      'image.raw.SHA512SUM',
      'image.raw.sign',
      'image.raw.gpg',
      'image.raw.DIGESTS.asc',
    ]);
  });

  test('a signature by a trusted key ends the search: nothing more is asked for', async (t) => {
    if (!ready(t)) return;
    const asked: string[] = [];
    const files = { SHA256SUMS: list, 'SHA256SUMS.gpg': signed({ place: '.gpg' }, list) };
    await gather(files, { asked, verification: 'signature', keyring: exportKeyring() });
    assert.equal(asked.length, 20);
  });

  test('a list that cannot be fetched is passed over, and named if nothing else does', async () => {
    assert.equal(await outcomeOf({ 'image.raw.sha256': refuses, SHA256SUMS: list }), 'ok');
    assert.equal(
      await outcomeOf({ 'image.raw.sha256': refuses }),
      `Cannot verify 'image.raw': image.raw.sha256 could not be fetched (${cannotDownload('it')} 500, no.). Try again later, or use --verify=no to do without.`,
    );
  });

  test('a list that is forbidden is as good as none', async () => {
    assert.equal(await outcomeOf({ 'image.raw.sha256': forbids }), await outcomeOf({}));
  });

  test('being cancelled is no verdict', async () => {
    const cancelled = new Failure('Cancelled', 'cancelled', {});
    await assert.rejects(gather({ SHA256SUMS: cancelled }), cancelled);
  });

  test('a page that says "not found" with status 200 lists nothing', async () => {
    const html = '<!doctype html><p>Not found';
    assert.equal(await outcomeOf({ 'image.raw.sha256': html, SHA256SUMS: list }), 'ok');
    assert.equal(
      await outcomeOf({ SHA256SUMS: html }),
      `Cannot verify 'image.raw': SHA256SUMS ${isMarkupAndNoList}. ${advice.unlisted}`,
    );
  });

  test('query and fragment of the URL belong to the image only', async () => {
    const asked: string[] = [];
    await gather({ SHA256SUMS: list }, { asked, url: `${url}?token=x/y#z` });
    assert.deepEqual(namesOf(asked).slice(0, 2), ['image.raw.sha256', 'SHA256SUMS']);
  });

  test('an encoded name may be listed decoded', async () => {
    const proof = await gather(
      { SHA256SUMS: gnu(digests.sha256, 'my image.raw') },
      { url: 'http://example.com/my%20image.raw' },
    );
    assert.equal((await proof.check('my%20image.raw', digests)).isOk(), true);
  });

  test('a list that is past its best-before date is refused with the date, unless another one does', async () => {
    const stale = `${list}${gnu(hash('sha256', ''), 'BEST-BEFORE-2026-01-01')}`;
    const message = `SHA256SUMS ${wasBestBefore('2026-01-01', '2026-01-01')}.`;
    assert.equal(await outcomeOf({ SHA256SUMS: stale }, { now: new Date('2026-01-01T00:00:00Z') }), message);
    assert.equal(await outcomeOf({ SHA256SUMS: stale }, { now: new Date('2025-12-31T23:59:59Z') }), 'ok');
    assert.equal(
      await outcomeOf({ SHA256SUMS: stale, 'image.raw.sha256': list }, { now: new Date('2026-02-01') }),
      'ok',
    );
  });

  test('a best-before date that is in no calendar is told of, and does not count', async () => {
    const notices: string[] = [];
    const marked = `${list}${gnu(hash('sha256', ''), 'BEST-BEFORE-2020-02-30')}`;
    assert.equal(await outcomeOf({ SHA256SUMS: marked }, { notices }), 'ok');
    assert.deepEqual(notices, [
      "SHA256SUMS lists 'BEST-BEFORE-2020-02-30', which names no day, so it does not limit how long the list counts.",
    ]);
  });

  test('with no verification nothing is asked for, and everything passes', async () => {
    const asked: string[] = [];
    const proof = await gather({}, { verification: 'no', asked });
    assert.deepEqual(asked, []);
    assert.equal((await proof.check('anything', {})).isOk(), true);
    assert.equal(proof.expected, undefined);
  });

  const impossible: [string, string][] = [
    ['http://example.com/', 'http://example.com/ names no file that a checksum could be listed for.'],
    ...['SHA256SUMS', 'x.raw.sha256', 'SHA512SUMS', 'x.sha512', 'x.asc', 'x.gpg'].map((name): [string, string] => [
      `http://example.com/${name}`,
      `'${name}' is itself a checksum or signature file, so there is nothing to hold it against: check the URL, or use --verify=no.`,
    ]),
  ];
  for (const [from, message] of impossible) {
    test(`nothing to verify ${from} with`, async () => {
      await assert.rejects(gather({}, { url: from }), { message });
    });
  }

  const inGzip = gzipSigned(new Ed25519Key().signify(Buffer.from('x')));
  for (const [file, files] of [
    ['image.raw.sha256', { 'image.raw.sha256': list, 'image.raw.sha256.sig': inGzip }],
    ['image.raw', { 'image.raw.sig': inGzip }],
  ] as const)
    test(`a signature in a gzip header is named in place of one over ${file}`, async () => {
      const keyring = new Ed25519Key().publicFile();
      const said = await outcomeOf(files, { verification: 'signature', keyring });
      const reason = `${file}.sig holds its signature in a gzip header (signify -z), which is not supported`;
      assert.ok(said.includes(reason), said);
      assert.ok(said.endsWith(advice.unsigned), said);
    });
});

/** What `signify -S -z` writes: a gzip header whose only field is a comment, the signature with some lines below it. */
function gzipSigned(signature: Buffer): Buffer {
  const comment = Buffer.concat([signature, Buffer.from('date=2026-01-01T00:00:00Z\nalgorithm=SHA512/256\n\0')]);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 16, 0, 0, 0, 0, 0, 3]), comment, Buffer.from([3, 0])]);
}
