import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { encodeProofs, proofsMax } from '../../../../../service/images/pristine/encode-proofs.js';
import {
  type KeptProof,
  type KeptProofs,
  readProofs,
  serveProofs,
} from '../../../../../service/images/pristine/proofs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const time = new Date('2026-11-30T08:00:00Z');

const list: KeptProof = { name: 'SHA256SUMS', role: 'checksums', of: 'x.raw', bytes: Buffer.from('ab  x.raw\n') };
const signature: KeptProof = {
  name: 'SHA256SUMS.gpg',
  role: 'signature',
  of: 'SHA256SUMS',
  bytes: Buffer.from([0, 1, 255]),
};

function encoded(proofs: KeptProofs): Buffer {
  const archive = encodeProofs(proofs, time);
  assert.ok(archive);
  return archive;
}

function isCorrupt(reason: string, path: string) {
  const message = `Cannot read the kept checksum and signature files in ${path}: ${reason}; pull the image again`;
  return (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.kind, 'Corrupt');
    assert.equal(error.message, message);
    return true;
  };
}

test('proofs come back from their archive as they were, with what each of them is', (t) => {
  const { file } = temporaryDirectory(t);
  const elsewhere = {
    ...list,
    name: `https://h/${'long'.repeat(40)}/SHA256SUMS?key=1`,
    bytes: Buffer.alloc(70_000, 'x\n'),
  };
  const proofs: KeptProofs = {
    checksumFile: 'SHA256SUMS',
    files: [list, signature, elsewhere, { ...list, name: '../ä', bytes: Buffer.alloc(0) }],
  };
  writeFileSync(file('p'), encoded(proofs));
  assert.deepEqual(readProofs(file('p')), proofs);
  writeFileSync(file('none'), encoded({ checksumFile: undefined, files: [] }));
  assert.deepEqual(readProofs(file('none')), { checksumFile: undefined, files: [] });
  assert.equal(readProofs(file('absent')), undefined);
});

test('user names and passwords in URLs are not kept in proofs', (t) => {
  const { file } = temporaryDirectory(t);
  const url = 'https://me:secret@h/SUMS';
  const files = [
    { ...list, name: url },
    { ...signature, name: `${url}.asc`, of: url },
  ];
  const archive = encoded({ checksumFile: url, files });
  assert.equal(archive.includes('secret'), false);
  writeFileSync(file('p'), archive);
  const kept = readProofs(file('p'));
  assert.deepEqual(kept?.checksumFile, 'https://h/SUMS');
  assert.deepEqual(
    kept?.files.map(({ name, of }) => [name, of]),
    [
      ['https://h/SUMS', 'x.raw'],
      ['https://h/SUMS.asc', 'https://h/SUMS'],
    ],
  );
});

test('proofs that are too large are not encoded', () => {
  const large = { ...list, bytes: Buffer.alloc(proofsMax - 4096, 1) };
  assert.ok(encoded({ checksumFile: undefined, files: [large] }).length <= proofsMax);
  const { bytes } = large;
  for (const files of [[{ ...list, bytes: Buffer.concat([bytes, Buffer.alloc(4000)]) }], [large, large, large]])
    assert.equal(encodeProofs({ checksumFile: undefined, files }, time), undefined);
});

test('kept proofs are served in place of the server, and nothing else is', async () => {
  const other = { ...list, name: 'https://elsewhere/SUMS', bytes: Buffer.from('other') };
  const fetchSmall = serveProofs({ checksumFile: undefined, files: [list, other] }, 'https://h/a/x.raw?v=1');
  assert.deepEqual(await fetchSmall('https://h/a/SHA256SUMS'), list.bytes);
  assert.deepEqual(await fetchSmall('https://me:secret@h/a/SHA256SUMS'), list.bytes);
  assert.deepEqual(await fetchSmall('https://elsewhere/SUMS'), other.bytes);
  for (const url of ['https://h/SHA256SUMS', 'https://h/a/x.raw', 'https://h/a/SUMS'])
    assert.equal(await fetchSmall(url), undefined);
});

test('what is not an archive of proofs is refused', (t) => {
  const { file } = temporaryDirectory(t);
  const good = encoded({ checksumFile: undefined, files: [list, signature] });
  const at = good.indexOf('{');
  const changed = (from: string, to: string) => Buffer.from(good.toString('latin1').replace(from, to), 'latin1');
  const damaged: [what: string, archive: Buffer][] = [
    ['empty', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(10240)],
    ['text', Buffer.from('<html>'.repeat(1000))],
    ['cut in a member', good.subarray(0, at + 100)],
    ['cut before the end mark', good.subarray(0, good.length - 1024)],
    ['no manifest', good.subarray(at - 512 + 512 + Math.ceil((good.indexOf('ab  x.raw') - at) / 512) * 512 - 512)],
    ['manifest is not JSON', changed('{\n', '[\n')],
    ['another version', changed('"version": 1', '"version": 2')],
    ['another role', changed('"role": "checksums"', '"role": "checksomx"')],
    ['a member that is missing', changed('"path": "SHA256SUMS"', '"path": "SHA256SUMT"')],
    ['the manifest itself', changed('"path": "SHA256SUMS.gpg"', '"path": "./proofs.json" ')],
    ['a name that is not text', changed('"name": "SHA256SUMS"', '"name": 123456789012')],
    ['a link', withType(good, '2')],
    ['a member twice', Buffer.concat([good.subarray(0, good.length - 1024), good])],
  ];
  for (const [what, archive] of damaged) {
    writeFileSync(file('p'), archive);
    assert.throws(() => readProofs(file('p')), isCorrupt('they are damaged', file('p')), what);
  }
});

/** The archive with another type of its first member. */
function withType(archive: Buffer, type: string): Buffer {
  const copy = Buffer.from(archive);
  copy.write(type, 156);
  copy.fill(' ', 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return copy;
}

test('every archive of proofs with a changed byte is read or refused, but never anything else', (t) => {
  const { file } = temporaryDirectory(t);
  const good = encoded({ checksumFile: undefined, files: [list, signature] });
  for (let at = 0; at < good.length; at += 7) {
    const copy = Buffer.from(good);
    copy.writeUInt8(copy.readUInt8(at) ^ 0x55, at);
    writeFileSync(file('p'), copy);
    try {
      readProofs(file('p'));
    } catch (error) {
      isCorrupt('they are damaged', file('p'))(error);
    }
  }
});

test('proofs are read from regular files alone, and not without end', (t) => {
  const { file } = temporaryDirectory(t);
  writeFileSync(file('p'), encoded({ checksumFile: undefined, files: [list] }));
  symlinkSync('p', file('link'));
  mkdirSync(file('directory'));
  for (const name of ['link', 'directory'])
    assert.throws(() => readProofs(file(name)), isCorrupt('this is not a regular file', file(name)));
  writeFileSync(file('large'), Buffer.alloc(proofsMax + 1));
  assert.throws(() => readProofs(file('large')), isCorrupt(`they have more than ${proofsMax} bytes`, file('large')));
});

test('an archive of proofs holds the files under their own names, so that tar unpacks them for a mirror', (t) => {
  const { file } = temporaryDirectory(t);
  const archive = encoded({
    checksumFile: undefined,
    files: [list, signature, { ...list, name: 'https://h/SHA256SUMS' }],
  });
  writeFileSync(file('p'), archive);
  const names = [0, 1, 2, 3].map((_, index) => nameAt(archive, index));
  assert.deepEqual(names, ['proofs.json', 'SHA256SUMS', 'SHA256SUMS.gpg', '3-SHA256SUMS']);
  assert.deepEqual(readFileSync(file('p')), archive);
});

function nameAt(archive: Buffer, index: number): string {
  let at = 0;
  for (let before = 0; before < index; before++) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
}
