import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../../../common/failure.js';
import {
  damaged,
  faultFailure,
  trailingGarbage,
  truncated,
} from '../../../../../service/formats/compression/failures.js';
import { notInstalled } from '../../../../../service/formats/compression/host.js';
import {
  cannotBeDecoded,
  contentsContradictGzip,
  endsEarly,
  ifTheyBelongThere,
  isDamaged,
  neitherLibraryNorProgram,
  otherBytesFollow,
} from '../../../../support/texts/formats.js';

const table: [failure: Failure, message: string, facts: object][] = [
  [truncated('a.xz', 'xz', 17), `a.xz ${endsEarly(17, 'xz')}`, { what: 'truncated xz data', offset: 17 }],
  [
    trailingGarbage('a.xz', 'xz', 17),
    `${otherBytesFollow('a.xz', 'xz', 17)}; ${ifTheyBelongThere}`,
    { what: 'bytes after the xz data', offset: 17 },
  ],
  [
    trailingGarbage('The download', 'xz', 17, 'if they belong there, unpack it yourself, and import the result'),
    `${otherBytesFollow('the download', 'xz', 17)}; if they belong there, unpack it yourself, and import the result`,
    { what: 'bytes after the xz data', offset: 17 },
  ],
  [
    damaged('a.gz', 'gzip', 17, contentsContradictGzip),
    `a.gz ${isDamaged(contentsContradictGzip, 17, 'gzip')}`,
    { what: 'gzip data', offset: 17 },
  ],
  [
    faultFailure('a.xz', 'xz', 17, { kind: 'unsupported', needed: 'a dictionary of 1 GiB', allowed: '128 MiB' }),
    `a.xz ${cannotBeDecoded('xz', 'a dictionary of 1 GiB')} 128 MiB`,
    { needed: 'a dictionary of 1 GiB', allowed: '128 MiB' },
  ],
  [
    faultFailure('a.xz', 'xz', 17, { kind: 'noMemory' }),
    `a.xz ${cannotBeDecoded('xz', 'more memory than is free')} the memory there is`,
    { needed: 'more memory than is free', allowed: 'the memory there is' },
  ],
  ...(
    [
      ['gzip', 'gzip (Debian, Fedora)'],
      ['xz', 'liblzma5 (Debian) or xz-libs (Fedora)'],
      ['zstd', 'libzstd1 (Debian) or libzstd (Fedora)'],
      ['bzip2', 'libbz2-1.0 (Debian) or bzip2-libs (Fedora)'],
      ['lz4', 'liblz4-1 (Debian) or lz4-libs (Fedora)'],
      ['lzma', 'liblzma5 (Debian) or xz-libs (Fedora)'],
    ] as const
  ).map(
    ([format, name]) =>
      [
        notInstalled('a', format),
        `a ${neitherLibraryNorProgram(format)} ${name}`,
        { needed: format, allowed: 'what is installed' },
      ] as [Failure, string, object],
  ),
];

test('what is wrong with compressed data is said with its name, its format and the byte, and what to do', () => {
  for (const [{ message, facts }, expected, expectedFacts] of table) {
    assert.equal(message, expected);
    assert.deepEqual(facts, expectedFacts);
  }
});
