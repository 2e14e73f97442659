import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeAcl, formatAcl, isMinimal, parseAcl } from '../../../../../service/formats/tar/acl.js';

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
