import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { judge } from '../../../../support/catalogues/judge.js';
import type { BesideFile, Layout } from '../../../../support/catalogues/layouts.js';
import { publish, schemesOf } from '../../../../support/catalogues/publish.js';
import { Publisher } from '../../../../support/catalogues/publisher.js';
import { tally } from '../../../../support/tally.js';

/* Every name of a checksum file with every name and form of a signature, whether or not a known catalogue has them together. */

const url = 'https://images.example.com/nightly/image.raw.xz';
const image = Buffer.alloc(4096, 1);
let publisher: Publisher;

before(async () => {
  publisher = await Publisher.create();
});

const lists = [
  ...['sha256', 'sha512', 'SHA256', 'SHA512', 'SHA256SUM', 'SHA512SUM', 'CHECKSUM', 'DIGESTS'].map(
    (end) => `%f.${end}`,
  ),
  ...['SHA256SUMS', 'SHA512SUMS', 'sha256sums', 'sha256sums.txt', 'sha256sum.txt', 'CHECKSUM', 'checksums.txt'],
  'image.SHA256SUMS',
];

/** A signature of a file, by what is appended to the file's name. */
const signatures = [
  { suffix: '.asc', form: 'armored' },
  { suffix: '.asc', form: 'binary' },
  { suffix: '.gpg', form: 'binary' },
  { suffix: '.sig', form: 'binary' },
  { suffix: '.sig', form: 'armored' },
  { suffix: '.sign', form: 'armored' },
  { suffix: '.minisig', scheme: 'minisign' },
  { suffix: '.sig', scheme: 'minisign' },
  { suffix: '.sig', scheme: 'signify' },
] as const;

async function mustBeFound(beside: readonly BesideFile[]): Promise<void> {
  tally('verification cases');
  const layout: Layout = { catalogue: 'any', url, beside };
  const files = await publish(layout, image, publisher);
  const keyrings = schemesOf(layout).map((scheme) => ({ path: `/keys/${scheme}`, bytes: publisher.keyring(scheme) }));
  const { message, asked, rounds } = await judge({ url, image, files, verification: 'signature', keyrings });
  assert.equal(message, undefined, `asks for ${asked.join(' ')}`);
  assert.ok(asked.length <= 24, `asks for ${asked.length} files`);
  assert.ok(rounds <= 2, `asks ${rounds} times`);
}

for (const list of lists) {
  describe(`the checksum file ${list} is found`, () => {
    const file = { list, style: 'gnu', algorithms: [/512|DIGESTS/.test(list) ? 'sha512' : 'sha256'] } as const;
    for (const { suffix, ...how } of signatures) {
      const signature = { signature: `${list}${suffix}`, over: list, ...how };
      test(`with ${signature.signature}, ${Object.values(how).join(', ')}`, () => mustBeFound([file, signature]));
    }
    test('clear-signed', () => mustBeFound([{ ...file, isClearSigned: true }]));
  });
}

describe('a signature over the image is found', () => {
  for (const { suffix, ...how } of signatures) {
    const signature = { signature: `%f${suffix}`, over: '%f', ...how };
    test(`${signature.signature}, ${Object.values(how).join(', ')}`, () => mustBeFound([signature]));
  }
});
