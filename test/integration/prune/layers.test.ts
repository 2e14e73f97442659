import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFile } from '../../../linux/locks.js';
import { temporaryName } from '../../../service/images/install/holder.js';
import { lockImage } from '../../../service/images/install/locks.js';
import { leaseLayers } from '../../../service/images/layers/lease.js';
import { cleanImages } from '../../../service/images/manage/clean.js';
import { countUsage } from '../../../service/images/manage/usage.js';
import { run } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { namesIn, testHost } from '../../support/images/image-root.js';
import { digestOf, writeLayer, writeStack } from '../../support/images/layers.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

const nameOf = (digit: string, suffix = '') => `.oci-${digestOf(digit)}${suffix}`;

test('clean removes the layers that no stack consists of, with their records', async (t) => {
  await onEachFilesystem(t, (path) => {
    const host = testHost(path);
    for (const digit of ['a', 'b', 'c']) writeLayer(path, digit, { file: digit.repeat(10_000) });
    run('chattr', ['+i', join(path, nameOf('c'))]);
    writeStack(path, 'img', ['a', 'a']);
    const before = namesIn(path);
    const told = cleanImages(path, host, { dryRun: true });
    assert.deepEqual(namesIn(path), before);
    const removed = cleanImages(path, host);
    assert.deepEqual(removed, told);
    assert.deepEqual(
      removed.map(({ path: each, reason }) => [each, reason]),
      ['b', 'c'].flatMap((digit) => ['', '.layer'].map((suffix) => [join(path, nameOf(digit, suffix)), 'layer'])),
    );
    assert.deepEqual(
      namesIn(path),
      before.filter((name) => !/oci-sha256:[bc]/.test(name)),
    );
  });
});

test('a layer stays while any stack links it: a version, one that is made or removed, and one of systemd', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  const stacks = {
    a: 'x.mstack.v/x_1.mstack',
    b: `${temporaryName('clone')}/image`,
    c: '.#ocix.mstack0123456789abcdef',
  };
  for (const [digit, stack] of Object.entries(stacks)) {
    writeLayer(path, digit, { file: digit });
    mkdirSync(join(path, stack), { recursive: true });
    symlinkSync(`../../anywhere/${nameOf(digit)}`, join(path, stack, 'layer@0'));
  }
  const removed = cleanImages(path, testHost(path));
  assert.deepEqual(
    removed.map(({ reason }) => reason).filter((reason) => reason === 'layer'),
    [],
  );
  for (const digit of ['a', 'b', 'c']) assert.ok(namesIn(path).includes(nameOf(digit)), digit);
});

test('a layer stays while somebody has a lease, and goes afterwards', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  writeLayer(path, 'a', { file: 'a' });
  const lease = await leaseLayers(path);
  const second = await leaseLayers(path);
  assert.deepEqual(cleanImages(path, testHost(path)), []);
  lease[Symbol.dispose]();
  assert.deepEqual(cleanImages(path, testHost(path)), []);
  second[Symbol.dispose]();
  assert.equal(cleanImages(path, testHost(path)).length, 2);
});

test('a layer that is being read stays, with its record', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  const layer = writeLayer(path, 'a', { file: 'a' });
  {
    using _lock = lockImage(layer, 'a', 'shared', testHost(path));
    assert.deepEqual(cleanImages(path, testHost(path)), []);
  }
  const descriptor = openSync(layer, 'r');
  lockFile(descriptor, 'shared');
  assert.deepEqual(cleanImages(path, testHost(path)), []);
  closeSync(descriptor);
  assert.equal(cleanImages(path, testHost(path)).length, 2);
});

test('what systemd had unpacked stays while a container may run from it', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  const host = testHost(path);
  for (const suffix of ['', '.systemd', '.systemd.2']) mkdirSync(join(path, nameOf('a', suffix)));
  const stack = writeStack(path, 'img', ['a']);
  {
    using _lock = lockImage(stack, 'img', 'shared', host);
    assert.deepEqual(cleanImages(path, host), []);
  }
  // Nobody can tell who has such a lock.
  const lock = join(path, '.#img.mstack.lck');
  symlinkSync('/dev/null', lock);
  assert.deepEqual(cleanImages(path, host), []);
  rmSync(lock);
  const removed = cleanImages(path, host).map(({ path: each }) => each);
  assert.deepEqual(removed, [join(path, nameOf('a', '.systemd')), join(path, nameOf('a', '.systemd.2'))]);
});

test('--older-than= lets young layers stay, and --keep= all', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  writeLayer(path, 'a', { file: 'a' });
  const host = testHost(path);
  const hour = 3_600_000_000;
  assert.deepEqual(cleanImages(path, host, { rules: { olderThan: hour } }), []);
  assert.deepEqual(cleanImages(path, host, { rules: { keep: 1 } }), []);
  const inAnHour = Date.now() + 3_600_001;
  assert.equal(cleanImages(path, host, { rules: { olderThan: hour }, now: inAnHour }).length, 2);
});

test('layers are counted once, and those that no stack consists of can be reclaimed', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  for (const digit of ['a', 'b']) writeLayer(path, digit, { file: digit.repeat(10_000) });
  for (const name of ['one', 'two']) {
    writeStack(path, name, ['a']);
    writeFileSync(join(path, `${name}.oci-config`), '{}');
  }
  const kinds = countUsage([path], testHost(path));
  const found = kinds.map(({ kind, count, bytes, reclaimable }) => [kind, count, bytes, reclaimable]);
  const images = kinds.find(({ kind }) => kind === 'image')?.bytes;
  const layers = kinds.find(({ kind }) => kind === 'layer')?.bytes ?? 0;
  assert.deepEqual(
    new Set(found),
    new Set([
      ['image', 2, images, 0],
      ['layer', 2, layers, layers / 2],
    ]),
  );
});

test('list-images --all, df and clean tell of layers', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  for (const digit of ['a', 'b']) writeLayer(host.imageRoot, digit, { file: digit });
  writeStack(host.imageRoot, 'img', ['a']);
  const names = async (...options: string[]) => {
    const { stdout } = await host.ferryctl(['list-images', '--json=short', ...options]);
    return JSON.parse(stdout).map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await names(), ['img']);
  const all = (await names('--all')).filter((name: string) => name !== '.host');
  assert.deepEqual(all, [nameOf('a'), nameOf('b'), 'img']);
  const { stdout } = await host.ferryctl(['df', '--json=short']);
  const layer = JSON.parse(stdout).find(({ kind }: { kind: string }) => kind === 'layer');
  assert.deepEqual([layer.count, layer.reclaimable * 2], [2, layer.bytes]);
  const cleaned = await host.ferryctl(['clean']);
  assert.equal(cleaned.status, 0, cleaned.stderr);
  assert.match(cleaned.stdout, /oci-sha256:b+ +layer /);
  assert.match(cleaned.stdout, /\n2 leftovers removed/);
  assert.deepEqual(namesIn(host.imageRoot), [nameOf('a'), nameOf('a', '.layer'), 'img.mstack']);
});
