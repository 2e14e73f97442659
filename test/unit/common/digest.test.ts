import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { readDigest, splitDigest } from '../../../common/digest.js';
import {
  digestNotNamed,
  digestOfWrongLength,
  digestUnreadable,
  digestUnsupported,
  digestUnusable,
  twoDigests,
} from '../../support/texts/verification.js';

const hex = createHash('sha256').update('x').digest('hex');
const long = createHash('sha512').update('x').digest('hex');
const base64 = (digits: string) => Buffer.from(digits, 'hex').toString('base64');
const url64 = (digits: string) => Buffer.from(digits, 'hex').toString('base64url');
const unsupported = (algorithm: string) => digestUnsupported(algorithm);

const texts: [text: string, digest: string | undefined, problem?: string][] = [
  [`sha256:${hex}`, `sha256:${hex}`],
  [`sha512:${long}`, `sha512:${long}`],
  [`SHA256:${hex.toUpperCase()}`, `sha256:${hex}`],
  [`sha-512=${long}`, `sha512:${long}`],
  [`  sha256: ${hex}\n`, `sha256:${hex}`],
  [`sha256-${base64(hex)}`, `sha256:${hex}`],
  [`sha512-${base64(long)}`, `sha512:${long}`],
  [`sha256:${url64(hex)}`, `sha256:${hex}`],
  [`sha256-${hex}`, `sha256:${hex}`],
  ['', undefined, digestNotNamed],
  [hex, undefined, digestNotNamed],
  [`${hex}  disk.raw`, undefined, digestNotNamed],
  ['sha256', undefined, digestNotNamed],
  ['sha256:', undefined, digestOfWrongLength('sha256', 64, 0)],
  [`sha256:${hex.slice(1)}`, undefined, digestOfWrongLength('sha256', 64, 63)],
  [`sha256:${hex}0`, undefined, digestOfWrongLength('sha256', 64, 65)],
  [`sha256:${long}`, undefined, digestOfWrongLength('sha256', 64, 128)],
  [`sha512:${hex}`, undefined, digestOfWrongLength('sha512', 128, 64)],
  [`sha256:${hex.slice(1)}g`, undefined, digestUnreadable],
  [`sha256:${hex} disk.raw`, undefined, digestUnreadable],
  [`sha256:sha256:${hex}`, undefined, digestUnreadable],
  [`sha256-${base64(long)}`, undefined, digestUnreadable],
  [`sha256-${base64(hex).replace(/.=$/, 'B=')}`, undefined, digestUnreadable],
  [`sha256-${base64(hex).slice(1)}`, undefined, digestUnreadable],
  [`md5:${'0'.repeat(32)}`, undefined, unsupported('md5')],
  [`sha1:${'0'.repeat(40)}`, undefined, unsupported('sha1')],
  [`sha384-${'A'.repeat(64)}`, undefined, unsupported('sha384')],
  [`sha3-256:${hex}`, undefined, unsupported('sha3-256')],
  [`blake2b:${hex}`, undefined, unsupported('blake2b')],
];
for (const [text, digest, problem] of texts)
  test(`${JSON.stringify(text.slice(0, 20))} (${text.length}) ${digest === undefined ? 'is refused as a digest' : 'is a digest'}`, () =>
    assert.deepEqual(readDigest(text), digest === undefined ? { problem } : { digest }));

const base = 'https://example.org/disk.raw?a=b';
const untouched = [
  base,
  `${base}#`,
  `${base}#sha256`,
  `${base}#sha256-sums`,
  `${base}#part=2&name=x.raw`,
  `${base}#sha1:`,
  `${base}#md5=sum`,
  `${base}#/blobs/${hex}`,
  `${base}#name=${hex}`,
  `${base}#%`,
];
for (const url of untouched)
  test(`the fragment of ${url.slice(0, 60)} is left alone`, () => {
    assert.deepEqual(splitDigest(url, undefined), { url, digest: undefined });
    assert.deepEqual(splitDigest(url, `sha256:${hex}`), { url, digest: `sha256:${hex}` });
  });

const taken: [fragment: string, rest: string][] = [
  [`sha256=${hex}`, ''],
  [`sha256:${hex}`, ''],
  [`SHA256%3D${hex.toUpperCase()}`, ''],
  [`sha256-${base64(hex)}`, ''],
  [`sha256-${encodeURIComponent(base64(hex))}`, ''],
  [`name=x.raw&sha256=${hex}`, '#name=x.raw'],
  [`sha256=${hex}&egg=x`, '#egg=x'],
  [`sha256=${hex}&sha256:${hex}`, ''],
];
for (const [fragment, rest] of taken)
  test(`#${fragment.slice(0, 30)} gives a digest, and ${rest === '' ? 'nothing' : rest} stays`, () => {
    const expected = { url: `${base}${rest}`, digest: `sha256:${hex}` };
    assert.deepEqual(splitDigest(`${base}#${fragment}`, undefined), expected);
    assert.deepEqual(splitDigest(`${base}#${fragment}`, `sha256:${hex}`), expected);
  });

const unusable: [fragment: string, problem: string][] = [
  ['sha256=', digestOfWrongLength('sha256', 64, 0)],
  [`sha256=${hex.slice(1)}`, digestOfWrongLength('sha256', 64, 63)],
  [`sha512=${hex}`, digestOfWrongLength('sha512', 128, 64)],
  ['sha256=junk', digestUnreadable],
  [`sha256=${hex};x`, digestUnreadable],
  [`sha256=${hex}#x`, digestUnreadable],
  [`sha1=${'0'.repeat(40)}`, unsupported('sha1')],
  [hex, digestNotNamed],
  [`digest=sha256:${hex}`, digestNotNamed],
  [`name=x&sha256-${base64(hex).slice(3)}`, digestUnreadable],
];
for (const [fragment, problem] of unusable)
  test(`#${fragment.slice(0, 20)} (${fragment.length}) is refused, not ignored`, () => {
    const url = `${base}#${fragment}`;
    assert.deepEqual(splitDigest(url, undefined), { problem: digestUnusable(url, problem) });
  });

test('two digests that differ are refused, in the fragment and beside it', () => {
  const url = `${base}#sha256=${hex}`;
  const zeros = `sha256:${'0'.repeat(64)}`;
  assert.deepEqual(splitDigest(url, zeros), { problem: twoDigests(url, zeros, `sha256:${hex}`) });
  const both = `${url}&sha512=${long}`;
  assert.deepEqual(splitDigest(both, undefined), {
    problem: twoDigests(both, `sha256:${hex}`, `sha512:${long}`),
  });
});

test('a login in a URL is not shown in what is said of its digest', () => {
  const shown = digestUnusable(`${base}#sha256=1`, digestOfWrongLength('sha256', 64, 1));
  assert.deepEqual(splitDigest(`${base.replace('//', '//joe:secret@')}#sha256=1`, undefined), { problem: shown });
});
