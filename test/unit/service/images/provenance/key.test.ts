import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { findProvenanceKey, keyIdentifier, provenanceKey } from '../../../../../service/images/provenance/key.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { othersMayWrite } from '../../../../support/texts/transfers.js';

test('the key is made once, of 32 random bytes that only the service can read', (t) => {
  const { file } = temporaryDirectory(t);
  const directory = file('state/ferry');
  assert.throws(() => findProvenanceKey('/proc/nonexistent/1/x\0'), TypeError);
  assert.equal(findProvenanceKey(directory), undefined);
  const key = provenanceKey(directory);
  assert.equal(key.length, 32);
  assert.deepEqual(provenanceKey(directory), key);
  assert.deepEqual(findProvenanceKey(directory), key);
  assert.deepEqual(readFileSync(`${directory}/provenance.key`), key);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(`${directory}/provenance.key`).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ['provenance.key']);
  assert.notDeepEqual(provenanceKey(file('other')), key);
});

test('a key is known by sixteen digits that do not tell it', () => {
  assert.match(keyIdentifier(Buffer.alloc(32, 1)), /^[0-9a-f]{16}$/);
  assert.notEqual(keyIdentifier(Buffer.alloc(32, 1)), keyIdentifier(Buffer.alloc(32, 2)));
});

test('a key that others may have had, or that is not a key, is refused and stays', (t) => {
  const { file } = temporaryDirectory(t);
  const path = file('provenance.key');
  const refused = (reason: string, subject = path) =>
    assert.throws(() => provenanceKey(file('')), { message: `Cannot use ${subject}: ${reason}; move it away` });
  writeFileSync(path, Buffer.alloc(31), { mode: 0o600 });
  refused('it is not a file of 32 bytes');
  writeFileSync(path, Buffer.alloc(32));
  chmodSync(path, 0o640);
  refused('its mode is 0640, so others may know the key');
  chmodSync(path, 0o600);
  chmodSync(file(''), 0o777);
  refused(othersMayWrite('777'), file(''));
  chmodSync(file(''), 0o700);
  assert.deepEqual(provenanceKey(file('')), Buffer.alloc(32));
  rmSync(path);
  symlinkSync('/dev/zero', path);
  assert.throws(() => provenanceKey(file('')), { code: 'ELOOP' });
  rmSync(path);
  mkdirSync(path);
  refused('it is not a file of 32 bytes');
});
