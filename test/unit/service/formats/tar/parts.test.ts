import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isOriginAttribute } from '../../../../../service/formats/metadata/attributes.js';
import { encodeAcl, formatAcl, isMinimal, parseAcl } from '../../../../../service/formats/tar/acl.js';
import { display, pathOf } from '../../../../../service/formats/tar/byte-string.js';
import { checksumFits, decodeHeader, decodeNumber, padding } from '../../../../../service/formats/tar/header.js';
import { cleanPath } from '../../../../../service/formats/tar/paths.js';
import { decodeTime, parsePax } from '../../../../../service/formats/tar/pax.js';
import { header, noise, numberField, paxRecord } from '../../../../corpus/tar.js';

describe('numbers of a header', () => {
  const cases: readonly [string, number][] = [
    ['0000644\0', 0o644],
    ['   644 \0', 0o644],
    ['77777777', 0o77777777],
    ['\0\0\0\0\0\0\0\0', 0],
    ['        ', 0],
    ['644\0junk', 0o644],
    ['000064x\0', Number.NaN],
    ['8\0', Number.NaN],
    ['-1\0', Number.NaN],
    ['\x80\0\0\0\0\0\x01\0', 256],
    ['\xff\xff\xff\xff\xff\xff\xff\xff', -1],
    ['\xff\xff\xff\xff\xff\xff\xff\0', -256],
    ['\x80\x1f\xff\xff\xff\xff\xff\xff', Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, value] of cases)
    test(JSON.stringify(text), () =>
      assert.equal(decodeNumber(Buffer.from(text.padEnd(8, '\0'), 'latin1'), 0, 8), value),
    );

  test('come back as they were written, octal or base-256', () => {
    for (let power = 0; power < 53; power++) {
      for (const value of [2 ** power - 1, 2 ** power, -(2 ** power)]) {
        const field = Buffer.from(numberField(value, 12), 'latin1');
        assert.equal(decodeNumber(field, 0, 12), value);
      }
    }
  });
});

describe('a header', () => {
  test('has its fields', () => {
    const block = header({
      name: 'b',
      prefix: 'a',
      type: '3',
      mode: 0o4755,
      user: 1,
      group: 2,
      size: 3,
      time: 4,
      target: 't',
      major: 5,
      minor: 6,
    });
    const expected = {
      dialect: 'ustar',
      type: 0x33,
      name: 'a/b',
      target: 't',
      mode: 0o4755,
      user: 1,
      group: 2,
      size: 3,
      modified: 4,
      major: 5,
      minor: 6,
    };
    assert.deepEqual(decodeHeader(block, 0, 0), expected);
    assert.equal(decodeHeader(header({ dialect: 'gnu', prefix: 'a', name: 'b' }), 0, 0).name, 'b');
    assert.equal(decodeHeader(header({ dialect: 'v7', name: 'b' }), 0, 0).dialect, 'v7');
  });

  test('with one bit changed does not fit its checksum', () => {
    const block = header({ name: '\xe4name' });
    for (let bit = 0; bit < 512 * 8; bit++) {
      const changed = Buffer.from(block);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // Behind the number, the checksum's own field may hold anything.
      if (bit >> 3 >= 148 && bit >> 3 < 156) continue;
      assert.equal(checksumFits(changed, 0), false, `bit ${bit}`);
    }
    assert.ok(checksumFits(block, 0));
  });

  test('is followed by whole blocks', () => {
    assert.deepEqual([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
  });
});

describe('extended headers', () => {
  test('keep bytes', () => {
    const value = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    const text = paxRecord('a', value) + paxRecord('b', '') + paxRecord('c', 'x'.repeat(95)) + paxRecord('a', '2');
    const { values } = parsePax(text, 0);
    assert.deepEqual(
      [...values],
      [
        ['a', '2'],
        ['b', ''],
        ['c', 'x'.repeat(95)],
      ],
    );
  });

  test('of noise are refused or read, and nothing else', () => {
    for (let seed = 0; seed < 500; seed++) {
      const digits = Array.from(noise(40, seed), (byte) => '0123456789 =\na'[byte % 14]).join('');
      try {
        parsePax(digits, 0);
      } catch (error) {
        assert.match(String(error), /extended header/);
      }
    }
  });

  const times: readonly [string, number, number][] = [
    ['0', 0, 0],
    ['1.5', 1, 500_000_000],
    ['1.', 1, 0],
    ['1.0000000019', 1, 1],
    ['-1', -1, 0],
    ['-1.25', -2, 750_000_000],
    ['-0.5', -1, 500_000_000],
  ];
  for (const [text, seconds, nanoseconds] of times)
    test(`time ${text}`, () => assert.deepEqual(decodeTime(text, 0), { seconds, nanoseconds }));
  for (const text of ['', '.', 'x', '1e3', '1,5', '1.5x', '--1', '9'.repeat(30)])
    test(`no time: ${JSON.stringify(text)}`, () => assert.throws(() => decodeTime(text, 0), /an invalid time/));
});

describe('names', () => {
  const clean: readonly [string, string][] = [
    ['a', 'a'],
    ['./a/', 'a'],
    ['a//b/./c/', 'a/b/c'],
    ['.', ''],
    ['./', ''],
    ['', ''],
    ['././/', ''],
    ['.a/..b/c..', '.a/..b/c..'],
  ];
  for (const [name, path] of clean) test(JSON.stringify(name), () => assert.equal(cleanPath(name, 0), path));
  for (const name of ['..', '../a', 'a/..', 'a/../b', './..', '..//', 'a/./../b'])
    test(`refused: ${name}`, () => assert.throws(() => cleanPath(name, 0), /leads out/));

  for (const name of ['/', '/a', '//a', '/./a', '/..', '/etc/passwd/'])
    test(`refused: ${name}`, () => assert.throws(() => cleanPath(name, 0), /has an absolute name/));

  test('are passed as bytes and shown as text', () => {
    assert.equal(pathOf('plain'), 'plain');
    assert.deepEqual(pathOf('\xff'), Buffer.of(0xff, 0));
    assert.equal(display(Buffer.from('grün\n').toString('latin1')), 'grün\\n');
    assert.ok(display('x'.repeat(5000)).length < 300);
  });

  test('are cut between characters, never in the middle of one', () => {
    for (const start of ['', 'x', 'xx', 'xxx']) {
      const shown = display(Buffer.from(start + '😀'.repeat(500)).toString('latin1'));
      assert.match(shown, /^x{0,3}(😀)+…(😀)+$/u);
      assert.ok(shown.length < 300);
    }
  });
});

describe('ACLs', () => {
  test('in all ways of writing them', () => {
    const bytes =
      '02000000 01000600ffffffff 0200040005000000 02000600d2040000 04000400ffffffff 0800050007000000 10000600ffffffff 20000000ffffffff';
    for (const text of [
      'user::rw-\nuser:1234:rw-\nuser:5:r--\ngroup::r--\ngroup:7:r-x\nmask::rw-\nother::---\n',
      'u::rw-,u:someone:r--:5,u:1234:rw-,g::r--,g:wheel:r-x:7,m::rw-,o::---',
      '# file: x\nuser::rw-\nuser:5:r--\nuser:1234:rw-\t#effective:rw-\ngroup::r--\ngroup:7:r-x\nmask:rw-\nother:---',
      'default:user::rw-\ndefault:user:5:r--\nd:user:1234:rw-\ndefault:group::r--\ndefault:group:7:r-x\ndefault:mask::rw-\ndefault:other::---',
    ]) {
      const acl = parseAcl(text);
      assert.ok(acl !== undefined, text);
      assert.equal(encodeAcl(acl).toString('hex'), bytes.replaceAll(' ', ''), text);
    }
    const binary = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
    assert.deepEqual(encodeAcl(parseAcl(formatAcl(binary) ?? '') ?? []), binary);
  });

  test('get the mask that they need', () => {
    const acl = parseAcl('user::rw-,user:5:-w-,group::r--,other::---') ?? [];
    assert.match(formatAcl(encodeAcl(acl)) ?? '', /mask::rw-/);
    assert.ok(!isMinimal(acl));
    assert.ok(isMinimal(parseAcl('user::rw-,group::r--,other::---') ?? []));
  });

  for (const text of ['user', 'user::', 'user::rwz', 'who::rwx', 'mask:5:rwx', 'other:5:r--', 'user::rwxr', '::rwx'])
    test(`none: ${text}`, () => assert.equal(parseAcl(text), undefined));

  for (const hex of ['', '01000000', '02000000ff', '020000000300060000000000'])
    test(`no bytes of one: ${hex}`, () => assert.equal(formatAcl(Buffer.from(hex, 'hex')), undefined));
});

test('records of where an image came from are known by name', () => {
  for (const name of [
    'user.source_url',
    'user.source_etag',
    'user.source_new',
    'user.crtime_usec',
    'user.ferry.x',
    'trusted.ferry.x',
    'security.ferry.y',
  ])
    assert.ok(isOriginAttribute(name), name);
  for (const name of [
    'user.source',
    'user.crtime_usec2',
    'user.ferryman',
    'user.x.ferry.y',
    'security.capability',
    'trusted.overlay.opaque',
  ])
    assert.ok(!isOriginAttribute(name), name);
});
