import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkCallersKeys,
  checkChecksumFiles,
  checkMinimum,
  chooseEntry,
} from '../../../../../service/verify/trust/choose.js';
import { type Minimum, parseEntries } from '../../../../../service/verify/trust/entry.js';
import { demandsMore, hasOddVerify } from '../../../../support/texts/trust.js';

/** Entries by name, in the order of their directories: each with its settings, separated by commas. */
function entriesOf(all: Readonly<Record<string, string>>) {
  return Object.entries(all).flatMap(([name, settings]) =>
    parseEntries(name, `/${name}.conf`, `[Trust]\n${settings.split(',').join('\n')}\n`),
  );
}

const entries = entriesOf({
  user: 'URL=https://same.example/',
  etc: 'URL=https://same.example/,URL=https://h.example/a/',
  glob: 'URL=*.example,Verify=signature',
  deep: 'URL=*.deep.example',
  exact: 'URL=x.deep.example',
  longer: 'URL=https://h.example/a/b/',
  file: 'URL=file:///srv/',
  faulty: 'URL=https://f.example/a/,Verify=yes',
  below: 'URL=https://f.example/a/b/',
});

const choices: [url: string, name: string | undefined][] = [
  ['https://same.example/x', 'user'],
  ['https://h.example/a/x', 'etc'],
  ['https://h.example/a/b/x', 'longer'],
  ['https://h.example/x', 'glob'],
  ['https://a.deep.example/x', 'deep'],
  ['https://x.deep.example/x', 'exact'],
  ['http://h.example/a/x', 'glob'],
  ['file:///srv/x', 'file'],
  ['file:///var/x', undefined],
  ['https://example.org/x', undefined],
  // More specific than the one with a fault.
  ['https://f.example/a/b/x', 'below'],
  // Less specific: the fault is none of its business.
  ['https://f.example/x', 'glob'],
];

for (const [url, name] of choices)
  test(`${name ?? 'no entry'} counts for ${url}`, () => {
    assert.equal(chooseEntry(entries, url)?.name, name);
  });

test('an entry with a fault that would count is refused, with file and line', () => {
  assert.throws(() => chooseEntry(entries, 'https://f.example/a/x?secret'), {
    kind: 'VerificationFailed',
    message: `Cannot verify 'https://f.example/a/x?secret': the trust entry /faulty.conf:3 ${hasOddVerify}; correct it`,
    facts: { file: '/faulty.conf' },
  });
});

test('an entry that may be for any URL is refused before one that is for this URL', () => {
  const unclear = entriesOf({ good: 'URL=https://h.example/a/b/c/', unclear: 'URL=hhtps://h.example/' });
  assert.throws(
    () => chooseEntry(unclear, 'https://h.example/a/b/c/x'),
    /the trust entry \/unclear\.conf:2 has a URL= that /,
  );
});

const slashes: [url: string, isRefused: boolean][] = [
  ['https://h.example//a/x', true],
  ['https://h.example/%2Fa/x', true],
  ['https://h.example/c/..%2Fa/x', true],
  ['https://h.example/c%5C..%5Ca/x', true],
  ['https://h.example/a//x', false],
  ['https://h.example/c//x', false],
];
for (const [url, isRefused] of slashes)
  test(`${url} is ${isRefused ? 'refused, as some servers take it for what another entry is for' : 'clear'}`, () => {
    if (!isRefused) return void chooseEntry(entries, url);
    assert.throws(() => chooseEntry(entries, url), {
      message: `Cannot verify '${url}': servers may read its path in two ways, for which different trust entries count (/glob.conf:1, /etc.conf:1); write it without '//', '%2F' and '%5C'`,
    });
  });

const minimums: [minimum: Minimum | '', wanted: Minimum, isEnough: boolean][] = [
  ['', 'no', true],
  ['no', 'no', true],
  ['checksum', 'no', false],
  ['checksum', 'checksum', true],
  ['checksum', 'signature', true],
  ['signature', 'no', false],
  ['signature', 'checksum', false],
  ['signature', 'signature', true],
];
for (const [minimum, wanted, isEnough] of minimums)
  test(`Verify=${minimum} and --verify=${wanted}: ${isEnough ? 'enough' : 'refused'}`, () => {
    const [entry] = entriesOf({ m: `URL=h.example,Verify=${minimum}` });
    assert.ok(entry);
    const check = () => checkMinimum(entry, wanted, 'https://h.example/x');
    if (isEnough) return check();
    assert.throws(check, {
      kind: 'VerificationFailed',
      message: demandsMore('https://h.example/x', wanted, '/m.conf', minimum),
      facts: { file: '/m.conf', expected: minimum, found: wanted },
    });
  });

const file = 'file:///srv/x.raw';
const web = 'https://h.example/x.raw';
const lists: [url: string, list: string, form: string | undefined][] = [
  [web, 'SUMS', undefined],
  [web, 'https://other.example/SUMS', undefined],
  [web, 'file:///srv/SUMS', 'a name or an https:// URL'],
  [file, 'sums/%f', undefined],
  [file, 'file:///lists/SUMS', undefined],
  [file, 'https://other.example/SUMS', 'a name or a file:// URL'],
];
for (const [url, list, form] of lists)
  test(`ChecksumFile=${list} of ${url} is ${form === undefined ? 'read' : 'refused'}`, () => {
    const [entry] = entriesOf({ m: `URL=h.example,Keyring=k,ChecksumFile=SUMS ${list}` });
    assert.ok(entry);
    const check = () => checkChecksumFiles(entry, url);
    if (form === undefined) return check();
    assert.throws(check, {
      kind: 'VerificationFailed',
      message: `Cannot verify '${url}': /m.conf sets ChecksumFile=${list}, which cannot belong to it; set ${form} there`,
    });
  });

const fingerprint = `Fingerprint=${'0'.repeat(40)}`;
const additions: [settings: string, setting: string | undefined][] = [
  ['Keyring=k', undefined],
  [`Keyring=k,${fingerprint}`, 'Fingerprint='],
  ['Keyring=k,Verify=checksum', 'Verify='],
];
for (const [settings, setting] of additions)
  test(`beside ${settings} keyrings of the caller ${setting === undefined ? 'count' : 'are refused'}`, () => {
    const [entry] = entriesOf({ k: `URL=h.example,${settings}` });
    assert.ok(entry);
    const check = () => checkCallersKeys(entry, 'https://h.example/x');
    if (setting === undefined) return check();
    assert.throws(check, {
      message: `Cannot use --keyring= for 'https://h.example/x': /k.conf sets ${setting}, so only its own keys count; leave out --keyring=`,
    });
  });
