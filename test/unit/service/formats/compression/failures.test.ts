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

const table: [failure: Failure, message: string, facts: object][] = [
  [
    truncated('a.xz', 'xz', 17),
    'a.xz ends early after 17 bytes of xz data: the download or file is truncated; get it again in full',
    { what: 'truncated xz data', offset: 17 },
  ],
  [
    trailingGarbage('a.xz', 'xz', 17),
    'Cannot decode a.xz: its xz data ends at byte 17, and other bytes follow; if they belong there, pull with --verify=checksum or --verify=signature, or import a copy: they are ignored then',
    { what: 'bytes after the xz data', offset: 17 },
  ],
  [
    trailingGarbage('The download', 'xz', 17, 'if they belong there, unpack it yourself, and import the result'),
    'Cannot decode the download: its xz data ends at byte 17, and other bytes follow; if they belong there, unpack it yourself, and import the result',
    { what: 'bytes after the xz data', offset: 17 },
  ],
  [
    damaged('a.gz', 'gzip', 17, 'its contents contradict gzip or their own checksum'),
    'a.gz is damaged: its contents contradict gzip or their own checksum, at or before byte 17 of its gzip data; get it again',
    { what: 'gzip data', offset: 17 },
  ],
  [
    faultFailure('a.xz', 'xz', 17, { kind: 'unsupported', needed: 'a dictionary of 1 GiB', allowed: '128 MiB' }),
    'a.xz cannot be decoded: its xz data needs a dictionary of 1 GiB, but allowed is 128 MiB',
    { needed: 'a dictionary of 1 GiB', allowed: '128 MiB' },
  ],
  [
    faultFailure('a.xz', 'xz', 17, { kind: 'noMemory' }),
    'a.xz cannot be decoded: its xz data needs more memory than is free, but allowed is the memory there is',
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
        `a needs ${format}, but neither its library nor its program is installed: install the package ${name}`,
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
