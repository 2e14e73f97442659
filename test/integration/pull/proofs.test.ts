/** The checksum and signature files that proved a download are kept beside it. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { proofsMax } from '../../../service/images/pristine/encode-proofs.js';
import { type KeptProofs, readProofs, serveProofs } from '../../../service/images/pristine/proofs.js';
import { gatherProof } from '../../../service/verify/proof.js';
import { Ed25519Key } from '../../support/catalogues/ed25519.js';
import { run } from '../../support/command.js';
import { sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { disk, given, Scene, zeros } from './digest-scene.js';

const sums = `${sha256(disk)}  disk.raw\n`;

/** The names of what is kept beside pristine downloads as their proofs. */
function proofsIn(imageRoot: string): string[] {
  return readdirSync(imageRoot).filter((name) => name.endsWith('.proofs'));
}

/** The only proofs that are kept. */
function keptIn(imageRoot: string): KeptProofs {
  const [only, ...others] = proofsIn(imageRoot);
  assert.deepEqual(others, []);
  const kept = readProofs(join(imageRoot, only ?? ''));
  assert.ok(kept);
  return kept;
}

/** What each of the files is, in order. */
function rolesOf({ files }: KeptProofs): string[] {
  return files.map(({ name, role, of }) => `${name}: ${role} of ${of}`);
}

/** Judges kept proofs again, without the server. */
async function judge(kept: KeptProofs, url: string, keyring: Buffer, verification: 'checksum' | 'signature') {
  return await gatherProof({
    url,
    verification,
    keyrings: [{ path: 'ring', bytes: keyring }],
    checksumFile: kept.checksumFile,
    fetchSmall: serveProofs(kept, url),
    now: new Date(),
    onNotice: () => {},
  });
}

test('a checksum file is kept beside a disk, and verifies it again without the server', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', sums);
  await scene.pull('--verify=checksum', scene.url, 'x');
  const { imageRoot } = scene.host;
  const kept = keptIn(imageRoot);
  assert.deepEqual(rolesOf(kept), ['SHA256SUMS: checksums of disk.raw']);
  assert.equal(kept.files[0]?.bytes.toString(), sums);
  const [name = ''] = proofsIn(imageRoot);
  assert.equal(statSync(join(imageRoot, name)).mode & 0o7777, 0o444);
  const [original = ''] = readdirSync(imageRoot).filter((each) => /^\.raw-.*\.raw$/.test(each));
  assert.equal(name, original.replace(/raw$/, 'proofs'));
  const proof = await judge(kept, scene.url, Buffer.alloc(0), 'checksum');
  const good = await proof.checkBytes('disk.raw', disk);
  assert.ok(good.isOk());
  const bad = await proof.checkBytes('disk.raw', Buffer.from('other'));
  assert.ok(bad.isErr());
});

for (const form of ['detached', 'clear-signed', 'over the image'] as const) {
  test(`a signature by OpenPGP is kept, and judged again without the server (${form})`, async (t) => {
    const scene = await Scene.open(t);
    if (scene === undefined || !needs(t, { programs: ['gpg'] })) return;
    using keys = new KeyRoom();
    const key = keys.createKey('publisher@ferry.invalid');
    const keyring = keys.export([key]);
    const ring = join(scene.host.home, 'ring.pgp');
    writeFileSync(ring, keyring);
    const files = signed(keys, key.fingerprint, form);
    for (const [name, bytes] of Object.entries(files)) scene.web.serve(`/${name}`, bytes);
    await scene.pull(`--keyring=${ring}`, scene.url, 'x');
    const kept = keptIn(scene.host.imageRoot);
    assert.deepEqual(rolesOf(kept), expectedRoles[form]);
    for (const { name, bytes } of kept.files) assert.deepEqual(bytes, Buffer.from(files[name] ?? ''), name);
    const proof = await judge(kept, scene.url, keyring, 'signature');
    if (form === 'over the image') assert.equal(proof.imageSignature, 'disk.raw.sig');
    else assert.equal(proof.signedBy?.fingerprint, key.fingerprint);
    const other = keys.export([keys.createKey('stranger@ferry.invalid')]);
    await assert.rejects(judge(kept, scene.url, other, 'signature'), { kind: 'VerificationFailed' });
  });
}

const expectedRoles = {
  detached: ['SHA256SUMS: checksums of disk.raw', 'SHA256SUMS.gpg: signature of SHA256SUMS'],
  'clear-signed': ['SHA256SUMS: checksums of disk.raw'],
  'over the image': ['disk.raw.sig: signature of disk.raw'],
};

function signed(keys: KeyRoom, key: string, form: keyof typeof expectedRoles): Record<string, Buffer> {
  const sign = (bytes: Buffer, ...options: string[]) => keys.gpg(['--local-user', key, ...options], bytes);
  const list = Buffer.from(sums);
  if (form === 'clear-signed') return { SHA256SUMS: sign(list, '--clear-sign') };
  if (form === 'over the image') return { 'disk.raw.sig': sign(disk, '--detach-sign') };
  return { SHA256SUMS: list, 'SHA256SUMS.gpg': sign(list, '--detach-sign') };
}

test('a signature of minisign is kept, and judged again without the server', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const key = new Ed25519Key();
  const ring = join(scene.host.home, 'minisign.pub');
  writeFileSync(ring, key.publicFile());
  scene.web.serve('/SHA256SUMS', sums);
  scene.web.serve('/SHA256SUMS.minisig', key.minisign(Buffer.from(sums), 'SHA256SUMS'));
  await scene.pull(`--keyring=${ring}`, scene.url, 'x');
  const kept = keptIn(scene.host.imageRoot);
  assert.deepEqual(rolesOf(kept), ['SHA256SUMS: checksums of disk.raw', 'SHA256SUMS.minisig: signature of SHA256SUMS']);
  const proof = await judge(kept, scene.url, key.publicFile(), 'signature');
  assert.equal(proof.signedBy?.scheme, 'minisign');
});

test('what proved a tree and its settings is kept, wherever the lists lie, and tar unpacks it', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  await using directory = temporaryDirectory(t);
  const archive = makeArchive(directory.path);
  const settings = '[Exec]\nBoot=no\n';
  const url = scene.web.serve('/tree.tar', archive, { etags: ['"tree"'] });
  scene.web.serve('/tree.nspawn', settings);
  scene.web.serve('/tree.tar.sha256', `${sha256(archive)}\n`);
  scene.web.serve('/tree.nspawn.sha256', `${sha256(settings)}\n`);
  const pulled = await scene.host.ferryctl(['pull-tar', '-m', '--verify=checksum', url, 'x']);
  assert.equal(pulled.status, 0, pulled.stderr);
  const kept = keptIn(scene.host.imageRoot);
  assert.deepEqual(rolesOf(kept), [
    'tree.tar.sha256: checksums of tree.tar',
    'tree.nspawn.sha256: checksums of tree.nspawn',
  ]);
  const proof = await judge(kept, url, Buffer.alloc(0), 'checksum');
  assert.ok((await proof.checkBytes('tree.tar', archive)).isOk());
  assert.ok((await proof.checkBytes('tree.nspawn', Buffer.from(settings))).isOk());
  const [name = ''] = proofsIn(scene.host.imageRoot);
  run('tar', ['-xf', join(scene.host.imageRoot, name), '-C', directory.path]);
  assert.equal(readFileSync(directory.file('tree.nspawn.sha256'), 'utf8'), `${sha256(settings)}\n`);
});

function makeArchive(path: string): Buffer {
  writeFileSync(join(path, 'file'), 'content');
  run('tar', ['-cf', join(path, 'tree.tar'), '-C', path, 'file']);
  return readFileSync(join(path, 'tree.tar'));
}

test('the checksum file that the caller names is kept under the place that it had', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const elsewhere = `${scene.web.serve('/other/LIST', sums)}?token=1`;
  await scene.pull('--verify=checksum', `--checksum-file=${elsewhere}`, scene.url, 'x');
  const kept = keptIn(scene.host.imageRoot);
  assert.equal(kept.checksumFile, elsewhere);
  assert.deepEqual(rolesOf(kept), [`${elsewhere}: checksums of disk.raw`]);
  assert.ok((await (await judge(kept, scene.url, Buffer.alloc(0), 'checksum')).checkBytes('disk.raw', disk)).isOk());
});

test('no proofs are kept of what was not verified, of what has the digest of the caller, and without its download', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', sums);
  const cases: [name: string, options: string[]][] = [
    ['unverified', ['--verify=no']],
    ['given', [`--digest=${given}`, '--verify=checksum']],
    ['not-kept', ['--verify=checksum', '--keep-download=no']],
  ];
  for (const [name, options] of cases) {
    await scene.pull(...options, scene.url, name);
    assert.ok(existsSync(join(scene.host.imageRoot, `${name}.raw`)));
    assert.deepEqual(proofsIn(scene.host.imageRoot), [], name);
  }
});

test('proofs are those of the download that they lie beside: they come and go with it', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const { imageRoot } = scene.host;
  // Without an ETag the second download replaces the first.
  const url = scene.web.serve('/disk.raw', disk, { etags: ['none'] });
  scene.web.serve('/SHA256SUMS', sums);
  await scene.pull('--verify=checksum', url, 'first');
  const newer = Buffer.alloc(70_000, 1);
  scene.web.serve('/disk.raw', newer, { etags: ['none'] });
  scene.web.serve('/SHA256SUMS', `${sha256(newer)}  disk.raw\n`);
  await scene.pull('--verify=checksum', url, 'second');
  assert.equal(keptIn(imageRoot).files[0]?.bytes.toString(), `${sha256(newer)}  disk.raw\n`);
  await scene.pull('--verify=no', url, 'third');
  assert.deepEqual(proofsIn(imageRoot), [], 'proofs of another download');
});

test('a copy that fresh signatures prove gets them as its proofs, and a laxer pull does not take them away', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const { imageRoot, home } = scene.host;
  const key = new Ed25519Key();
  const ring = join(home, 'minisign.pub');
  writeFileSync(ring, key.publicFile());
  const pull = async (name: string, ...options: string[]) => {
    assert.equal((await scene.pull(...options, scene.url, name)).fromCache, name !== 'first');
    return proofsIn(imageRoot).length === 0 ? [] : rolesOf(keptIn(imageRoot));
  };
  assert.deepEqual(await pull('first', '--verify=no'), []);
  scene.web.serve('/SHA256SUMS', sums);
  assert.deepEqual(await pull('kept-no', '--verify=checksum', '--keep-download=no'), []);
  const list = 'SHA256SUMS: checksums of disk.raw';
  assert.deepEqual(await pull('listed', '--verify=checksum'), [list]);
  scene.web.serve('/SHA256SUMS.minisig', key.minisign(Buffer.from(sums), 'SHA256SUMS'));
  const both = [list, 'SHA256SUMS.minisig: signature of SHA256SUMS'];
  assert.deepEqual(await pull('signed', `--keyring=${ring}`), both);
  for (const verify of ['checksum', 'no']) assert.deepEqual(await pull(verify, `--verify=${verify}`), both);
});

test('proofs that are too large are not kept, which is told of and fails nothing', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', `${sums}${`${zeros}  other\n`.repeat(16_000)}`);
  const { said } = await scene.pull('--verify=checksum', scene.url, 'x');
  const warning = `Cannot keep the checksum and signature files: they have more than ${proofsMax} bytes; a later verification needs the server`;
  assert.ok(said.includes(warning), said);
  assert.deepEqual(proofsIn(scene.host.imageRoot), []);
  assert.deepEqual(scene.image('x.raw'), disk);
});

test('clean removes proofs with their download, and those that lost theirs', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  const { imageRoot } = scene.host;
  scene.web.serve('/SHA256SUMS', sums);
  await scene.pull('--verify=checksum', scene.url, 'x');
  for (const orphan of ['.raw-http:\\x2f\\x2fh\\x2fx.proofs', '.tar-http:\\x2f\\x2fh\\x2fx.\\x22e\\x22.proofs'])
    writeFileSync(join(imageRoot, orphan), 'x');
  const dry = await scene.host.ferryctl(['clean', '-m', '--dry-run']);
  assert.equal(dry.status, 0, dry.stderr);
  assert.equal(proofsIn(imageRoot).length, 3);
  const cleaned = await scene.host.ferryctl(['clean', '-m']);
  assert.equal(cleaned.status, 0, cleaned.stderr);
  assert.deepEqual(scene.host.images(), ['x.raw']);
});

test('proofs are not listed as images, hidden or not', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', sums);
  await scene.pull('--verify=checksum', scene.url, 'x');
  assert.equal(proofsIn(scene.host.imageRoot).length, 1);
  const listed = await scene.host.ferryctl(['list-images', '-m', '--json=short']);
  assert.equal(listed.status, 0, listed.stderr);
  assert.ok(!listed.stdout.includes('.proofs'), listed.stdout);
});
