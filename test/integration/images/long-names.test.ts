import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../common/failure.js';
import { HeldImage } from '../../../service/images/install/hold.js';
import { installImage } from '../../../service/images/install/install.js';
import { createTemporaryFile, createTemporaryTree, type Temporary } from '../../../service/images/install/temporary.js';
import type { SidecarSuffix } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import {
  cloneImage,
  type ManageOptions,
  removeImage,
  renameImage,
  setImageReadOnly,
} from '../../../service/images/manage/manage.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { namesIn, testHost } from '../../support/images/image-root.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';

type Format = 'raw' | 'tar';

/** Every length at which one derived name after the other no longer fits. */
const lengths = Array.from({ length: 17 }, (_, index) => 240 + index);
const sidecars = ['.nspawn', '.roothash'];
const suffixOf = (format: Format) => (format === 'raw' ? '.raw' : '');

function makeImage(root: string, name: string, format: Format, withSidecars: boolean): void {
  if (format === 'raw') writeFileSync(join(root, `${name}.raw`), 'disk');
  else mkdirSync(join(root, name));
  if (!withSidecars) return;
  for (const suffix of sidecars)
    if (name.length + suffix.length <= 255) writeFileSync(join(root, name + suffix), suffix);
}

function clear(root: string): void {
  for (const name of namesIn(root)) rmSync(join(root, name), { recursive: true });
}

/** The names that an image has, with what can belong to it. */
function expectedNames(name: string, format: Format, withSidecars: boolean): string[] {
  return [name + suffixOf(format), ...(withSidecars ? sidecars.map((suffix) => name + suffix) : [])];
}

/** Something is done whole, or it fails and nothing has changed. Gives back whether it was done. */
function doneOrUnchanged(root: string, what: string, action: () => void, expected: readonly string[]): boolean {
  const before = namesIn(root);
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof Failure, `${what}: ${error}`);
    assert.equal(error.kind, 'InvalidName', `${what}: ${error.message}`);
    assert.deepEqual(namesIn(root), before, what);
    return false;
  }
  assert.deepEqual(namesIn(root), [...expected].sort(), what);
  return true;
}

function fits(name: string, format: Format, withSidecars: boolean): boolean {
  return expectedNames(name, format, withSidecars).every((each) => each.length <= 255);
}

function install(path: string, name: string, format: Format, withSidecars: boolean, force: boolean): void {
  using root = ImageRoot.open(path);
  using temporary = format === 'raw' ? createTemporaryFile(root, 'x') : createTemporaryTree(root, 'x');
  const files = new Map<SidecarSuffix, Temporary>();
  if (withSidecars)
    for (const suffix of ['.nspawn', '.roothash'] as const) files.set(suffix, createTemporaryFile(root, 'sidecar'));
  for (const file of files.values()) writeSync(file.descriptor, 'x');
  try {
    const fixed = { imageClass: 'machine', host: testHost(path), readOnly: false, synchronize: true } as const;
    installImage({ ...fixed, root, temporary, name, force, sidecars: files, warn: (message) => assert.fail(message) });
  } finally {
    for (const file of files.values()) file[Symbol.dispose]();
  }
}

for (const format of ['raw', 'tar'] as const)
  for (const withSidecars of [false, true])
    test(`names of 240 to 256 bytes: nothing fails after it is done (${format}${withSidecars ? ', with sidecars' : ''})`, async (t) => {
      await onEachFilesystem(
        t,
        (path) => {
          const options: ManageOptions = {
            imageClass: 'machine',
            host: testHost(path),
            root: path,
            warn: (message) => assert.fail(message),
          };
          for (const length of lengths) {
            const [long, longer] = ['a'.repeat(length), 'b'.repeat(length)];
            const isPossible = fits(long, format, false);
            const there = (name: string) =>
              expectedNames(name, format, withSidecars).filter((each) => each.length <= 255);
            const short = there('short');
            for (const force of [false, true]) {
              clear(path);
              const action = () => install(path, long, format, withSidecars, force);
              const done = doneOrUnchanged(path, `install ${length}`, action, there(long));
              assert.equal(done, fits(long, format, withSidecars), `install ${length}`);
            }
            clear(path);
            makeImage(path, 'short', format, withSidecars);
            const clone = () => cloneImage('short', long, false, options);
            const cloned = doneOrUnchanged(path, `clone ${length}`, clone, [...short, ...there(long)]);
            assert.equal(cloned, fits(long, format, withSidecars), `clone ${length}`);
            clear(path);
            makeImage(path, 'short', format, withSidecars);
            const rename = () => renameImage('short', long, options);
            const renamed = doneOrUnchanged(path, `rename ${length}`, rename, there(long));
            assert.equal(renamed, fits(long, format, withSidecars), `rename ${length}`);
            if (!isPossible) continue;
            clear(path);
            makeImage(path, long, format, withSidecars);
            setImageReadOnly(long, true, options);
            setImageReadOnly(long, false, options);
            HeldImage.open(join(path, long + suffixOf(format)), long, options.host)[Symbol.dispose]();
            install(path, long, format, false, true);
            assert.deepEqual(namesIn(path), [long + suffixOf(format)], `install --force ${length}`);
            renameImage(long, longer, options);
            cloneImage(longer, long, true, options);
            setImageReadOnly(long, false, options);
            for (const name of [long, longer]) removeImage(name, options);
            assert.deepEqual(namesIn(path), [], `${length}`);
          }
        },
        ['ext4'],
      );
    });

test('names of 240 to 256 bytes: what ferryctl says is what is there', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const tree = join(host.home, 'tree');
  mkdirSync(tree);
  writeFileSync(join(host.home, 'disk.raw'), 'disk');
  for (const length of [240, 244, 247, 249, 251, 252, 255, 256]) {
    const name = 'n'.repeat(length);
    for (const [verb, source, fileName] of [
      ['import-raw', join(host.home, 'disk.raw'), `${name}.raw`],
      ['import-fs', tree, name],
      ['pull-raw', `file://${host.home}/disk.raw`, `${name}.raw`],
    ] as const) {
      const more = verb === 'pull-raw' ? ['--verify=no', '-N'] : [];
      const { status, stderr } = await host.ferryctl([verb, '-m', ...more, source, name]);
      assert.equal(status, fileName.length <= 255 ? 0 : 14, `${verb} ${length}: ${stderr}`);
      assert.deepEqual(readdirSync(host.imageRoot), status === 0 ? [fileName] : []);
      if (status !== 0) continue;
      const exporting = verb === 'import-fs' ? 'export-tar' : 'export-raw';
      for (const command of [
        [exporting, name, join(host.home, 'n'.repeat(255))],
        ['remove-image', name],
      ]) {
        const outcome = await host.ferryctl([...command, '-m']);
        assert.equal(outcome.status, 0, `${command[0]} ${length}: ${outcome.stderr}`);
      }
      assert.deepEqual(host.images(), []);
    }
  }
});
