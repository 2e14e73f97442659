import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { getAttribute, listAttributes, setAttribute } from '../../../../../linux/attributes.js';
import { isOwnAttribute } from '../../../../../service/formats/metadata/attributes.js';
import {
  dropAttributes,
  isAsStrict,
  ownAttribute,
  readRecord,
  sidecarVerificationOf,
  writeRecord,
} from '../../../../../service/images/pristine/record.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

test("attributes of Ferry's own are known in every namespace, and no others are taken for them", () => {
  for (const namespace of ['user', 'trusted', 'security', 'system'])
    for (const what of ['verification', 'partial', 'x']) assert.ok(isOwnAttribute(`${namespace}.ferry.${what}`));
  for (const name of ['user.ferry', 'user.ferryx.y', 'user.x.ferry.y', 'ferry.x', 'user.source_url', 'Xuser.ferry.x'])
    assert.equal(isOwnAttribute(name), false, name);
});

test("attributes of Ferry's own are dropped, others stay", (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('x'), '');
  const descriptor = openSync(directory.file('x'), 'r+');
  for (const name of ['user.ferry.verification', 'user.ferry.partial', 'user.mark'])
    setAttribute(descriptor, name, Buffer.from('x'));
  dropAttributes(descriptor, isOwnAttribute);
  assert.deepEqual(
    listAttributes(descriptor).filter((name) => name.startsWith('user.')),
    ['user.mark'],
  );
  assert.equal(getAttribute(descriptor, 'user.mark')?.toString(), 'x');
  closeSync(descriptor);
});

test('what is not known of a download is null in its record, and undefined when that is read, also where it is left out', (t) => {
  const { file } = temporaryDirectory(t);
  const descriptor = openSync(file('original'), 'w');
  const known = { sha256: 'ab'.repeat(32), bytes: 12, verification: 'checksum', url: 'http://h/x', time: 1 } as const;
  const whole = { ...known, sha512: undefined, signedBy: undefined, etag: undefined };
  const name = ownAttribute('verification');
  if (!writeRecord(descriptor, whole)) return t.skip('needs a file system that keeps attributes');
  const written = { ...known, sha512: null, signedBy: null, etag: null };
  assert.deepEqual(JSON.parse(getAttribute(descriptor, name)?.toString() ?? ''), written);
  assert.deepEqual(readRecord(descriptor), whole);
  setAttribute(descriptor, name, Buffer.from(JSON.stringify(known)));
  assert.deepEqual(readRecord(descriptor), whole);
  closeSync(descriptor);
});

test('a record says that the caller gave the digest, and how the sidecars were verified then', (t) => {
  const { file } = temporaryDirectory(t);
  const descriptor = openSync(file('original'), 'w');
  const known = { sha256: 'ab'.repeat(32), bytes: 12, verification: 'digest', url: 'http://h/x', time: 1 } as const;
  const whole = { ...known, sha512: undefined, signedBy: undefined, etag: undefined };
  const name = ownAttribute('verification');
  if (!writeRecord(descriptor, { ...whole, sidecarVerification: 'checksum' })) {
    closeSync(descriptor);
    return t.skip('needs a file system that keeps attributes');
  }
  assert.deepEqual(readRecord(descriptor), { ...whole, sidecarVerification: 'checksum' });
  assert.ok(writeRecord(descriptor, { ...whole, leftOut: ['.nspawn'] }));
  assert.deepEqual(readRecord(descriptor), { ...whole, leftOut: ['.nspawn'] });
  for (const leftOut of ['.nspawn', [7], {}]) {
    setAttribute(descriptor, name, Buffer.from(JSON.stringify({ ...known, leftOut })));
    assert.equal(readRecord(descriptor), undefined, String(leftOut));
  }
  for (const sidecarVerification of ['digest', 'other', 7, null]) {
    setAttribute(descriptor, name, Buffer.from(JSON.stringify({ ...known, sidecarVerification })));
    assert.equal(readRecord(descriptor), undefined, String(sidecarVerification));
  }
  closeSync(descriptor);
  assert.equal(sidecarVerificationOf(undefined), 'no');
  assert.equal(sidecarVerificationOf(whole), 'no', 'a digest vouches for the image alone');
  assert.equal(sidecarVerificationOf({ ...whole, sidecarVerification: 'checksum' }), 'checksum');
  assert.equal(sidecarVerificationOf({ ...whole, verification: 'signature' }), 'signature');
  assert.deepEqual([isAsStrict('checksum', 'no'), isAsStrict('checksum', 'signature')], [true, false]);
});
