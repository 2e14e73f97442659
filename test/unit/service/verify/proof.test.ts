import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tally } from '../../../support/tally.js';
import { listsNoName, noChecksumFile } from '../../../support/texts/verification.js';
import {
  advice,
  compose,
  digests,
  expectedOf,
  type Files,
  gather,
  gnu,
  hash,
  image,
  layouts,
  outcomeOf,
  outcomes,
  styles,
} from './gathering.js';

describe('checksums: layout × style × outcome', () => {
  for (const layout of layouts) {
    for (const style of Object.keys(styles)) {
      for (const outcome of outcomes) {
        const text = compose(layout, style, outcome);
        if (text === null) continue;
        test(`${layout.file}, ${style}, ${outcome}`, async () => {
          tally('verification cases');
          assert.equal(await outcomeOf({ [layout.file]: text }), expectedOf(layout, outcome));
        });
      }
    }
  }

  test('no file at all', async () => {
    assert.equal(
      await outcomeOf({}),
      `Cannot verify 'image.raw': ${noChecksumFile('image.raw.sha256, SHA256SUMS, CHECKSUM and 14 other names')}. ${advice.absent}`,
    );
  });
});

describe('sidecars', () => {
  const nspawn = Buffer.from('[Exec]\n');
  const list = gnu(digests.sha256, 'image.raw');
  const line = gnu(hash('sha256', nspawn), 'image.nspawn');
  const places: [string, Files][] = [
    ["the image's own list", { 'image.raw.sha256': list + line }],
    ['the common list', { 'image.raw.sha256': list, SHA256SUMS: line }],
    ['its own list', { 'image.raw.sha256': list, 'image.nspawn.sha256': hash('sha256', nspawn) }],
    ['its own sha512 list', { 'image.raw.sha256': list, 'image.nspawn.sha512': hash('sha512', nspawn) }],
    ['the common sha512 list', { SHA256SUMS: list, SHA512SUMS: gnu(hash('sha512', nspawn), 'image.nspawn') }],
  ];
  for (const [where, files] of places) {
    test(`listed in ${where}`, async () => {
      const proof = await gather(files);
      assert.equal((await proof.checkBytes('image.nspawn', nspawn)).isOk(), true);
      const changed = await proof.checkBytes('image.nspawn', Buffer.from('changed'));
      assert.match(changed._unsafeUnwrapErr().message, /^'image\.nspawn' does not match its checksum: /);
    });
  }

  test('listed nowhere', async () => {
    const proof = await gather({ 'image.raw.sha256': hash('sha256', image) });
    const result = await proof.checkBytes('image.nspawn', nspawn);
    assert.equal(
      result._unsafeUnwrapErr().message,
      `Cannot verify 'image.nspawn': image.raw.sha256 ${listsNoName}. ${advice.unlisted}`,
    );
  });

  test('no list is fetched twice', async () => {
    const asked: string[] = [];
    const proof = await gather({ SHA256SUMS: list + line }, { asked });
    await Promise.all([proof.checkBytes('image.nspawn', nspawn), proof.checkBytes('image.nspawn', nspawn)]);
    assert.equal(new Set(asked).size, asked.length);
  });
});
