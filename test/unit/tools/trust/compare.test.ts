import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, expiries } from '../../../../tools/trust/compare.js';
import type { Sources } from '../../../../tools/trust/sources.js';

function sources(
  version: string,
  sha256: string,
  keys: readonly [fingerprint: string, expires: string | null][],
): Sources {
  return {
    packages: [{ name: 'keys', version, licence: 'CC0-1.0', copyrightSha256: 'c' }],
    files: [
      {
        publisher: 'someone',
        package: 'keys',
        file: 'usr/share/keys/someone.asc',
        sha256,
        keys: keys.map(([fingerprint, expires]) => ({
          fingerprint,
          subkeys: ['SUB'],
          users: ['Someone'],
          created: '2020-01-01',
          expires,
        })),
      },
    ],
  };
}

test('what has changed in the packages is listed: versions, files, keys that are new, gone or prolonged', () => {
  const before = sources('1', 'a', [
    ['AA', '2026-06-19'],
    ['BB', null],
  ]);
  const after = sources('2', 'b', [
    ['AA', '2030-05-27'],
    ['CC', null],
  ]);
  assert.deepEqual(changes(before, before), []);
  assert.deepEqual(changes(before, after), [
    'package keys: 2, CC0-1.0, copyright c (before: 1, CC0-1.0, copyright c)',
    'file usr/share/keys/someone.asc for someone: b (before: a)',
    'key BB of someone: gone',
    'key AA of someone: Someone; subkey SUB; expires 2030-05-27 (before: Someone; subkey SUB; expires 2026-06-19)',
    'key CC of someone: new (Someone; subkey SUB; expires never)',
  ]);
});

test('keys are listed that have expired, or will within a year', () => {
  const all = sources('1', 'a', [
    ['AA', '2026-06-19'],
    ['BB', '2027-11-29'],
    ['CC', '2028-01-01'],
    ['DD', null],
  ]);
  assert.deepEqual(expiries(all, new Date('2026-11-30T12:00:00Z')), [
    'someone: key AA expired on 2026-06-19',
    'someone: key BB expires on 2027-11-29',
  ]);
});
