import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaseLayers } from '../../../service/images/layers/lease.js';
import { listImages } from '../../../service/images/manage/images.js';
import {
  cloneImage,
  type ManageOptions,
  removeImage,
  renameImage,
  setImageReadOnly,
} from '../../../service/images/manage/manage.js';
import { run } from '../../support/command.js';
import { failureOf } from '../../support/failures.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { isSubvolumePath, namesIn, testHost } from '../../support/images/image-root.js';
import { digestOf, writeLayer, writeStack } from '../../support/images/layers.js';

const layerName = (digit: string, suffix = '') => `.oci-${digestOf(digit)}${suffix}`;

function options(path: string): ManageOptions {
  return { imageClass: 'machine', host: testHost(path), root: path, warn: (message) => assert.fail(message) };
}

async function isReadOnly(path: string, name: string): Promise<boolean | undefined> {
  let state: boolean | undefined;
  await listImages({ scope: 'user', environment: {}, root: path, name }, (image) => {
    assert.equal(image.type, 'mstack');
    state = image.readOnly;
  });
  return state;
}

/** A stack of two layers with something written over it, and what belongs to it. */
function makeStack(path: string): string {
  writeLayer(path, 'a', { file: 'a' });
  const layer = writeLayer(path, 'b', { file: 'b' });
  chownSync(layer, 7, 8);
  chmodSync(layer, 0o751);
  const stack = writeStack(path, 'img', ['a', 'b']);
  mkdirSync(join(stack, 'rw/data'));
  mkdirSync(join(stack, 'rw/work'));
  writeFileSync(join(stack, 'rw/data/written'), 'mine');
  run('mknod', [join(stack, 'rw/data/file'), 'c', '0', '0']);
  for (const suffix of ['.nspawn', '.oci-config']) writeFileSync(join(path, `img${suffix}`), suffix, { mode: 0o640 });
  return stack;
}

const links = (stack: string) => [0, 1].map((index) => readlinkSync(join(stack, `layer@${index}`)));

test('a stack is renamed, cloned and removed with what belongs to it, and its layers stay', async (t) => {
  await onEachFilesystem(t, (path) => {
    const before = links(makeStack(path));
    renameImage('img', 'new', options(path));
    cloneImage('new', 'copy', false, options(path));
    for (const name of ['new', 'copy']) {
      const stack = join(path, `${name}.mstack`);
      assert.deepEqual(links(stack), before);
      assert.equal(readFileSync(join(stack, 'layer@1/file'), 'utf8'), 'b');
      assert.equal(readFileSync(join(stack, 'rw/data/written'), 'utf8'), 'mine');
      assert.equal(lstatSync(join(stack, 'rw/data/file')).rdev, 0);
      assert.ok(!isSubvolumePath(stack));
      assert.equal(readFileSync(join(path, `${name}.oci-config`), 'utf8'), '.oci-config');
      assert.equal(statSync(join(path, `${name}.oci-config`)).mode & 0o7777, 0o640);
    }
    writeFileSync(join(path, 'copy.mstack/rw/data/written'), 'other');
    assert.equal(readFileSync(join(path, 'new.mstack/rw/data/written'), 'utf8'), 'mine');
    for (const name of ['new', 'copy']) removeImage(name, options(path));
    assert.deepEqual(
      namesIn(path),
      ['a', 'b'].flatMap((digit) => [layerName(digit), layerName(digit, '.layer')]),
    );
  });
});

test('a stack becomes read-only with what was written to it, and writable again', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const stack = makeStack(path);
    const written = lstatSync(join(stack, 'rw/data')).ino;
    assert.equal(await isReadOnly(path, 'img'), false);
    for (let round = 0; round < 2; round++) {
      setImageReadOnly('img', true, options(path));
      assert.equal(await isReadOnly(path, 'img'), true);
      assert.deepEqual(namesIn(stack), ['layer@0', 'layer@1', 'layer@2']);
      assert.equal(lstatSync(join(stack, 'layer@2')).ino, written);
      assert.equal(readFileSync(join(stack, 'layer@2/written'), 'utf8'), 'mine');
      setImageReadOnly('img', true, options(path));
      renameImage('img', 'img2', options(path));
      renameImage('img2', 'img', options(path));
      setImageReadOnly('img', false, options(path));
      assert.equal(await isReadOnly(path, 'img'), false);
      assert.deepEqual(namesIn(stack), ['layer@0', 'layer@1', 'rw']);
      assert.equal(lstatSync(join(stack, 'rw/data')).ino, written);
    }
  });
});

test('a stack that is made writable has a root like that of its highest layer', async (t) => {
  await onEachFilesystem(t, async (path) => {
    makeStack(path);
    const stack = writeStack(path, 'fixed', ['a', 'b'], { readOnly: true });
    setImageReadOnly('fixed', false, options(path));
    assert.equal(await isReadOnly(path, 'fixed'), false);
    const { mode, uid, gid } = statSync(join(stack, 'rw/data'));
    assert.deepEqual([mode & 0o7777, uid, gid], [0o751, 7, 8]);
  });
});

test('clones of stacks are writable or not, as asked', async (t) => {
  await onEachFilesystem(t, async (path) => {
    makeStack(path);
    cloneImage('img', 'fixed', true, options(path));
    assert.equal(await isReadOnly(path, 'fixed'), true);
    assert.equal(readFileSync(join(path, 'fixed.mstack/layer@2/written'), 'utf8'), 'mine');
    cloneImage('fixed', 'loose', false, options(path));
    assert.equal(await isReadOnly(path, 'loose'), false);
    assert.equal(readFileSync(join(path, 'loose.mstack/rw/data/written'), 'utf8'), 'mine');
    assert.equal(await isReadOnly(path, 'fixed'), true);
  });
});

test('the clone of a version has links that lead to the layers', async (t) => {
  await onEachFilesystem(t, (path) => {
    writeLayer(path, 'a', { file: 'a' });
    writeStack(path, 'x_1', ['a']);
    mkdirSync(join(path, 'x.mstack.v'));
    renameSync(join(path, 'x_1.mstack'), join(path, 'x.mstack.v/x_1.mstack'));
    run('ln', ['-sfn', `../../${layerName('a')}`, join(path, 'x.mstack.v/x_1.mstack/layer@0')]);
    cloneImage('x', 'copy', false, options(path));
    assert.equal(readlinkSync(join(path, 'copy.mstack/layer@0')), `../${layerName('a')}`);
  });
});

test('a stack that was killed while it became read-only is whole', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const stack = makeStack(path);
    renameSync(join(stack, 'rw/data'), join(stack, 'layer@2'));
    assert.equal(await isReadOnly(path, 'img'), false);
    setImageReadOnly('img', true, options(path));
    assert.deepEqual(namesIn(stack), ['layer@0', 'layer@1', 'layer@2']);
    mkdirSync(join(stack, 'rw'));
    setImageReadOnly('img', true, options(path));
    assert.ok(!existsSync(join(stack, 'rw')));
    assert.equal(readFileSync(join(stack, 'layer@2/written'), 'utf8'), 'mine');
  });
});

test('what is not known of a stack keeps it as it is', async (t) => {
  await onEachFilesystem(t, (path) => {
    const stack = makeStack(path);
    mkdirSync(join(stack, 'bind@srv'));
    const failure = failureOf(() => setImageReadOnly('img', true, options(path)));
    assert.equal(failure.kind, 'FileSystemError');
    assert.equal(
      failure.message,
      `Cannot change whether ${stack} is read-only: it has 'bind@srv', which Ferry does not know`,
    );
    assert.ok(existsSync(join(stack, 'rw/data/written')));
  });
});

test('a layer is not removed while a transfer may make an image of it', async (t) => {
  await onEachFilesystem(t, async (path) => {
    makeStack(path);
    removeImage('img', options(path));
    const name = layerName('a');
    const before = namesIn(path);
    const lease = await leaseLayers(path);
    const failure = failureOf(() => removeImage(name, options(path)));
    assert.equal(failure.kind, 'ImageBusy');
    assert.equal(
      failure.message,
      `'${name}' is a layer that a transfer may need; remove it when the transfers have ended`,
    );
    assert.deepEqual(namesIn(path), before);
    lease[Symbol.dispose]();
    removeImage(name, options(path));
    assert.deepEqual(namesIn(path), [layerName('b'), layerName('b', '.layer')]);
  });
});

test('a layer stays what it is while images consist of it', async (t) => {
  await onEachFilesystem(t, (path) => {
    const stack = makeStack(path);
    const name = layerName('a');
    const keeps = `'${name}' is a layer of container images, which keeps its name and stays read-only; clone it instead`;
    const refused = [
      [() => removeImage(name, options(path)), `'${name}' is a layer of ${stack}; remove that first`],
      [() => renameImage(name, 'x', options(path)), keeps],
      [() => setImageReadOnly(name, false, options(path)), keeps],
    ] as const;
    for (const [action, message] of refused) {
      const failure = failureOf(action);
      assert.deepEqual([failure.kind, failure.message], ['ImageBusy', message]);
    }
    removeImage('img', options(path));
    removeImage(name, options(path));
    assert.deepEqual(namesIn(path), [layerName('b'), layerName('b', '.layer')]);
  });
});
