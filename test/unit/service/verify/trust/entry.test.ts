import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEntries } from '../../../../../service/verify/trust/entry.js';
import {
  hasOddVerify,
  hasUnknownSetting,
  isNoPattern,
  isNoSetting,
  isOutsideOfSection,
} from '../../../../support/texts/trust.js';

const minisign = 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3';
const openssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKv6hYpvVEOU1TFsBJPxNCMcSyPfhTAiFTzsJjqnXlHv me@example.org';
const fingerprint = '0123 4567 89ab cdef 0123  4567 89AB CDEF 0123 4567';

function entriesOf(lines: readonly string[]) {
  return parseEntries('x', '/etc/ferry/trust.d/x.conf', `${lines.join('\n')}\n`);
}

test('an entry has everything that its settings say', () => {
  const [entry, ...others] = entriesOf([
    '[Trust]',
    'Description=The publisher',
    'URL=https://example.org/a/ *.example.net',
    'URL=https://example.com/',
    'Keyring=keys/one.asc',
    'Keyring=-/usr/share/two.gpg',
    `Keyring=${minisign}`,
    `Keyring=${openssh}`,
    `Keyring=me@example.org,you@example.org namespaces="file" ${openssh}`,
    `Fingerprint=${fingerprint}`,
    'Fingerprint=SHA256:uNiVztksCsDhcc0u9e8BrrddHpwPsLjzSLZX/nN4Spc',
    'Verify=checksum',
    'Verify=signature',
    'RequireSigners=2',
    'ChecksumFile=%f.SUM sums/SHA256SUMS',
    'ChecksumFile=https://example.org/SUMS',
    'X-Note=whatever',
    '[X-Other]',
    'URL=*',
  ]);
  assert.deepEqual(others, []);
  assert.ok(entry);
  const { patterns, keySources, ...rest } = entry;
  assert.deepEqual(
    patterns.map(({ text }) => text),
    ['https://example.org/a/', '*.example.net', 'https://example.com/'],
  );
  assert.deepEqual(
    keySources.map(({ text, line, isInline, isOptional }) => [line, isInline, isOptional, text.slice(0, 20)]),
    [
      [5, false, false, 'keys/one.asc'],
      [6, false, true, '/usr/share/two.gpg'],
      [7, true, false, minisign.slice(0, 20)],
      [8, true, false, openssh.slice(0, 20)],
      [9, true, false, 'me@example.org,you@e'],
    ],
  );
  assert.deepEqual(rest, {
    name: 'x',
    path: '/etc/ferry/trust.d/x.conf',
    line: 1,
    fingerprints: ['0123456789ABCDEF0123456789ABCDEF01234567', 'SHA256:uNiVztksCsDhcc0u9e8BrrddHpwPsLjzSLZX/nN4Spc'],
    minimum: 'signature',
    requireSigners: 2,
    checksumFiles: ['%f.SUM', 'sums/SHA256SUMS', 'https://example.org/SUMS'],
    description: 'The publisher',
    faults: [],
    mayCoverAll: false,
  });
});

test('an empty value clears what came before it', () => {
  const [entry] = entriesOf([
    '[Trust]',
    'Description=a',
    'URL=https://a.example/',
    'Keyring=a',
    `Fingerprint=${fingerprint}`,
    'Verify=signature',
    'RequireSigners=2',
    'ChecksumFile=a',
    ...['Description=', 'URL=', 'Keyring=', 'Fingerprint=', 'Verify=', 'RequireSigners=', 'ChecksumFile='],
    'URL=https://b.example/',
  ]);
  const { patterns, keySources, fingerprints, minimum, requireSigners, checksumFiles, description } = entry ?? {};
  assert.deepEqual(
    patterns?.map(({ text }) => text),
    ['https://b.example/'],
  );
  assert.deepEqual(
    [keySources, fingerprints, minimum, requireSigners, checksumFiles, description],
    [[], [], undefined, 1, [], undefined],
  );
});

test('a file without a section has no entries, and each section is one', () => {
  assert.deepEqual(entriesOf(['# nothing']), []);
  const entries = entriesOf(['[Trust]', 'URL=a.example', '[Trust]', 'URL=b.example']);
  assert.deepEqual(
    entries.map(({ line }) => line),
    [1, 3],
  );
});

const isNotFingerprint =
  'has a Fingerprint= that is not one: give 40 or 64 hexadecimal digits, 16 of minisign, or SHA256:… of OpenSSH';
const isNotChecksumFile = 'has a ChecksumFile= that is neither the name of a file beside the image nor a URL';
const hasNoUrl = 'has no URL=, which says what it is for';
const url = 'URL=https://a.example/';
const prefix = '[Trust]';
const faulty: [what: string, lines: string[], faults: [line: number, reason: string][], covers: string[] | 'all'][] = [
  ['no URL=', [prefix, 'Keyring=k'], [[1, hasNoUrl]], 'all'],
  ['an URL= that is none', [prefix, url, 'URL=a?'], [[3, `has a URL= that ${isNoPattern}`]], 'all'],
  ['a misspelt setting', [prefix, url, 'Verfy=signature'], [[3, hasUnknownSetting('Verfy')]], ['https://a.example/']],
  [
    'a setting in lower case',
    [prefix, 'url=https://b.example/'],
    [[2, hasUnknownSetting('url')]],
    ['https://b.example/'],
  ],
  [
    'a URL alone',
    [prefix, url, 'https://b.example/'],
    [[3, isNoSetting]],
    ['https://a.example/', 'https://b.example/'],
  ],
  [
    'another section',
    ['[Trusted]', url],
    [[1, 'has the section [Trusted], which is not [Trust]']],
    ['https://a.example/'],
  ],
  ['no section', [url], [[1, isOutsideOfSection]], ['https://a.example/']],
  ['another minimum', [prefix, url, 'Verify=yes'], [[3, hasOddVerify]], ['https://a.example/']],
  [
    'no signers',
    [prefix, url, 'RequireSigners=0'],
    [[3, 'has a RequireSigners= that is not a number from 1 to 100']],
    ['https://a.example/'],
  ],
  [
    'signers in words',
    [prefix, url, 'RequireSigners=two'],
    [[3, 'has a RequireSigners= that is not a number from 1 to 100']],
    ['https://a.example/'],
  ],
  ['a short key ID', [prefix, url, 'Fingerprint=0x89ABCDEF'], [[3, isNotFingerprint]], ['https://a.example/']],
  [
    'a checksum file elsewhere',
    [prefix, url, 'ChecksumFile=../SHA256SUMS'],
    [[3, isNotChecksumFile]],
    ['https://a.example/'],
  ],
  [
    'a checksum file at the root',
    [prefix, url, 'ChecksumFile=/SHA256SUMS'],
    [[3, isNotChecksumFile]],
    ['https://a.example/'],
  ],
  [
    'a checksum file by ftp',
    [prefix, url, 'ChecksumFile=ftp://a.example/S'],
    [[3, isNotChecksumFile]],
    ['https://a.example/'],
  ],
];

for (const [what, lines, faults, patterns] of faulty)
  test(`an entry with ${what} has a fault, with its line`, () => {
    const [entry] = entriesOf(lines);
    assert.deepEqual(
      entry?.faults.map(({ line, reason }) => [line, reason]),
      faults,
    );
    assert.deepEqual(entry?.mayCoverAll ? 'all' : entry?.patterns.map(({ text }) => text), patterns);
  });
