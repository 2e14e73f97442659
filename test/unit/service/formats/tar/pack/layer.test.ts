import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { packTree } from '../../../../../../service/formats/tar/pack/pack.js';
import { shell } from '../../../../../support/command.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';

function packed(tree: string, asLayer: boolean): Buffer {
  const root = openSync(tree, 'r');
  const parts: Buffer[] = [];
  try {
    const write = (buffer: Buffer, offset: number, length: number) =>
      void parts.push(Buffer.from(buffer.subarray(offset, offset + length)));
    packTree(root, { write }, { asLayer });
    return Buffer.concat(parts);
  } finally {
    closeSync(root);
  }
}

test('ACLs are in a layer as text and as the attributes that they are for the kernel', (t) => {
  if (!needs(t, { programs: ['setfacl'] })) return;
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree'));
  writeFileSync(directory.file('tree/file'), 'text');
  shell('setfacl -m u:1234:rw "$1/file" && setfacl -m d:g:2345:r "$1"', [directory.file('tree')]);
  const count = (archive: Buffer, text: string) => archive.toString('latin1').split(text).length - 1;
  const [plain, layer] = [packed(directory.file('tree'), false), packed(directory.file('tree'), true)];
  for (const archive of [plain, layer]) {
    assert.equal(count(archive, ' SCHILY.acl.access=user::rw-\nuser:1234:rw-\n'), 1);
    assert.equal(count(archive, ' SCHILY.acl.default='), 1);
  }
  // Version 2, then the entry of the owner.
  assert.equal(count(layer, ' SCHILY.xattr.system.posix_acl_access=\x02\0\0\0\x01\0\x06\0'), 1);
  assert.equal(count(layer, ' SCHILY.xattr.system.posix_acl_default=\x02\0\0\0'), 1);
  assert.equal(count(plain, 'SCHILY.xattr.'), 0);
});

test('a name that is a whiteout in a layer is refused there, and packed elsewhere', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree/a/.wh..wh..opq'), { recursive: true });
  assert.ok(packed(directory.file('tree'), false).includes('./a/.wh..wh..opq/'));
  assert.throws(() => packed(directory.file('tree'), true), {
    kind: 'UnsupportedFormat',
    facts: { needed: "'a/.wh..wh..opq'", allowed: 'names that do not begin with .wh.' },
  });
});
