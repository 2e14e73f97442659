/** Pulls for which the caller names the checksum file: --checksum-file=, and the field of io.ferry.Transfer. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { needsPeer } from '../../support/peer/peer.js';
import { KeyRoom } from '../../support/servers/keys.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { runInPeer } from '../varlink/peer-program.js';
import { disk, Scene, zeros } from './digest-scene.js';

const sums = `${sha256(disk)}  disk.raw\n`;

test('the checksum file that the caller names verifies the image, beside it or elsewhere, and no other one is read', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined) return;
  scene.web.serve('/SHA256SUMS', `${zeros}  disk.raw\n`);
  scene.web.serve('/digests.list', sums);
  const elsewhere = `${scene.web.serve('/other/LIST', sums)}?token=1`;
  for (const [name, file] of [
    ['beside', 'digests.list'],
    ['elsewhere', elsewhere],
  ] as const) {
    const options: string[] = ['-N', '--verify=checksum', `--checksum-file=${file}`, scene.url];
    const planned = await scene.ferryctl('--dry-run', '--json=short', ...options, name);
    assert.equal(planned.status, 0, planned.stderr);
    assert.equal(JSON.parse(planned.stdout).checksumFile, name === 'beside' ? 'digests.list' : 'LIST');
    scene.asked();
    assert.equal((await scene.pull(...options, name)).verifiedBy, 'checksum');
    assert.ok(!scene.asked().includes('/SHA256SUMS'));
  }
  assert.match(
    await scene.refusal('--verify=checksum', '--checksum-file=missing', scene.url, 'x'),
    /^Failed to pull the image: Cannot verify 'disk\.raw': .*missing/,
  );
});

test('a checksum file of file: URLs is found beside the image and elsewhere, with its signature', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined || !needs(t, { programs: ['gpg'] })) return;
  await using directory = temporaryDirectory();
  using keys = new KeyRoom();
  const key = keys.createKey('publisher@ferry.invalid');
  const ring = join(scene.host.home, 'ring.pgp');
  writeFileSync(ring, keys.export([key]));
  const [images, lists] = [directory.file('images'), directory.file('lists')];
  for (const path of [images, lists]) {
    mkdirSync(path);
    writeFileSync(join(path, 'my list'), sums);
    writeFileSync(join(path, 'my list.asc'), keys.sign(key, sums, { armor: true }));
  }
  writeFileSync(join(images, 'disk.raw'), disk);
  const url = `file://${images}/disk.raw`;
  for (const [name, file] of [
    ['beside', 'my%20list'],
    ['elsewhere', `file://${lists}/my%20list`],
  ] as const) {
    const pulled = await scene.pull('-N', `--keyring=${ring}`, `--checksum-file=${file}`, url, name);
    assert.deepEqual([pulled.verifiedBy, pulled.signedBy], ['signature', key.fingerprint]);
    assert.deepEqual(readFileSync(join(scene.host.imageRoot, `${name}.raw`)), disk);
  }
  writeFileSync(join(lists, 'my list'), `${zeros}  disk.raw\n`);
  const spoilt = await scene.refusal(`--keyring=${ring}`, `--checksum-file=file://${lists}/my%20list`, url, 'x');
  assert.match(spoilt, /^Failed to pull the image: /);
});

test('varlinkctl names a checksum file', async (t) => {
  const scene = await Scene.open(t);
  if (scene === undefined || !needsPeer(t)) return;
  scene.web.serve('/LIST', sums);
  const { imageRoot, socket } = scene.host;
  const call = (parameters: object) => {
    const all = { url: scene.url, name: 'x', format: 'raw', class: 'machine', imageRoot, keepDownload: false };
    const text = JSON.stringify({ ...all, verify: 'checksum', ...parameters });
    return runInPeer(['varlinkctl', '--json=short', 'call', `unix:${socket}`, 'io.ferry.Transfer.Pull', text]);
  };
  assert.notEqual((await call({ checksumFile: 'LIST', verify: 'no' })).status, 0);
  assert.notEqual((await call({ checksumFile: '../LIST' })).status, 0);
  assert.deepEqual(scene.host.images(), []);
  const pulled = await call({ checksumFile: 'LIST' });
  assert.equal(JSON.parse(pulled.stdout).result.verifiedBy, 'checksum', pulled.stderr);
});
