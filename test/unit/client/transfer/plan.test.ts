import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../../../client/connect/contract.js';
import { renderFields } from '../../../../client/terminal/fields.js';
import { planFields } from '../../../../client/transfer/plan.js';
import { transferInterface } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { thatFollowKept } from '../../../support/texts/client.js';
import { byGivenDigest } from '../../../support/texts/verification.js';

const plan: Plan = {
  url: 'https://example.org/x.tar.xz',
  answeredBy: 'https://example.org/x.tar.xz',
  bytes: 3 << 20,
  compression: 'xz',
  verify: 'signature',
  checksumFile: 'SHA256SUMS',
  signatureFile: 'SHA256SUMS.gpg',
  signedBy: '0123ABCD',
  signerName: 'Publisher <p@example.org>',
  sidecars: [],
  fromCache: false,
  path: '/var/lib/machines/x',
  replaces: [],
  bytesAvailable: 1 << 30,
  obstacles: [],
};

const rows: [what: string, changes: Partial<Plan>, line: string | RegExp][] = [
  ['the size and the compression', {}, 'Download: 3M, xz'],
  ['a size that the server does not say', { bytes: null }, 'Download: of unknown size, xz'],
  [
    'a download that goes on',
    { resumesAt: 64 << 20, compression: 'uncompressed' },
    `Download: ${thatFollowKept('3M', '64M')}, uncompressed`,
  ],
  ['a compression that is not supported', { compression: null }, 'Download: 3M'],
  ['the cache', { fromCache: true, bytes: 0, compression: null }, 'Download: none, the pristine copy is current'],
  [
    'a detached signature',
    {},
    'Verification: checksum in SHA256SUMS, signed in SHA256SUMS.gpg by Publisher <p@example.org> (key 0123ABCD)',
  ],
  ['a signature in the file itself', { signatureFile: 'SHA256SUMS' }, /Verification: .*signed there by Publisher/],
  ['a checksum', { verify: 'checksum', signatureFile: null }, 'Verification: checksum in SHA256SUMS'],
  ['no verification', { verify: 'no', checksumFile: null }, 'Verification: none (--verify=no)'],
  [
    'a signature over the image itself',
    { checksumFile: null, signatureFile: 'disk.raw.sig', signedBy: null },
    'Verification: signature over the image in disk.raw.sig, checked when the image has come',
  ],
  [
    'a verification that must fail',
    { checksumFile: null, signatureFile: null },
    'Verification: by signature: impossible',
  ],
  [
    'a verification that only a newer service knows',
    { verify: 'bundle' as never, checksumFile: null },
    'Verification: by bundle',
  ],
  ['a digest of the caller', { verify: 'digest', checksumFile: null }, `Verification: ${byGivenDigest}`],
  [
    'the cache, for a digest of the caller',
    { verify: 'digest', fromCache: true, checksumFile: null },
    'Download: none, the pristine copy has the given digest',
  ],
  ['a redirect', { answeredBy: 'https://mirror.example.org/x' }, 'Answered by: https://mirror.example.org/x'],
  ['sidecars', { sidecars: ['x.nspawn', 'x.\x1broothash'] }, 'Comes with: x.nspawn, x.\\x1broothash'],
  ['no image', { path: null }, 'Image: none, only the pristine download'],
  ['no pristine copy', {}, 'Pristine copy: not kept'],
  ['what is replaced', { replaces: ['/a/x', '/a/x.raw'] }, 'Replaces: /a/x, /a/x.raw'],
  ['little room', { bytesAvailable: 1 << 20 }, 'Free space: 1M, less than the download'],
  ['another transfer', { waitsFor: 7 }, 'Waits for: transfer 7, which downloads the same'],
];

for (const [what, changes, line] of rows) {
  test(`--dry-run says of ${what}: ${line}`, () => {
    const text = renderFields(
      planFields({ ...plan, ...changes }, () => 'UTC'),
      { colours: 'off', links: false, width: undefined },
    );
    const lines = text.split('\n').map((each) => each.trim());
    assert.ok(
      lines.some((each) => (typeof line === 'string' ? each === line : line.test(each))),
      text,
    );
  });
}

test('the names are flush right, and a line that is wider than the terminal goes on below its beginning', () => {
  const text = renderFields(
    planFields({ ...plan, url: `https://example.org/${'x'.repeat(80)}` }, () => 'UTC'),
    {
      colours: 'off',
      links: true,
      width: 60,
    },
  );
  const lines = text
    .trimEnd()
    .replace(/\x1b\]8;;[^\x07]*\x07/g, '')
    .split('\n');
  const margin = 'Pristine copy: '.length;
  assert.deepEqual(new Set(lines.map((line) => line.slice(margin - 2, margin))), new Set([': ', '  ']));
  assert.deepEqual([lines[0]?.length, lines.find((line) => line.length > 60)], [60, undefined]);
  const [first = '', second = '', third = ''] = lines.map((line) => line.slice(margin));
  assert.equal(first + second + third, `https://example.org/${'x'.repeat(80)}`);
});

test('a plan takes what a pull takes', () => {
  const { members } = parseInterface(transferInterface.description);
  const method = (name: string) => members.find((member) => member.kind === 'method' && member.name === name);
  const parameters = (name: string) => Object(method(name)).input;
  assert.ok(parameters('Pull'));
  assert.deepEqual(parameters('Plan'), parameters('Pull'));
});
