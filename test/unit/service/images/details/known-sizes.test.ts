import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { KnownSizes } from '../../../../../service/images/details/known-sizes.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

function scene(t: TestContext) {
  const directory = temporaryDirectory(t);
  const warnings: string[] = [];
  const file = directory.file('state', 'sizes.json');
  return {
    directory,
    file,
    warnings,
    open: () => new KnownSizes(file, (message) => warnings.push(message)),
    tree(name: string) {
      mkdirSync(directory.file(name));
      return directory.file(name);
    },
  };
}

function size(countedAt: number, version?: string) {
  return { identity: '1:2:3', version, bytes: 10, bytesOnDisk: 4096, files: 3, countedAt };
}

test('sizes outlive the service, in a file that others cannot read', (t) => {
  const { open, tree, file } = scene(t);
  const path = tree('image');
  open().keep(new Map([[path, size(5, 'transaction 7')]]));
  assert.deepEqual(open().of(path), size(5, 'transaction 7'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('sizes of images that are gone are dropped', (t) => {
  const { open, tree, file } = scene(t);
  const [gone, other] = [tree('gone'), tree('other')];
  open().keep(new Map([[gone, size(1)]]));
  rmdirSync(gone);
  open().keep(new Map([[other, size(2)]]));
  assert.equal(open().of(gone), undefined);
  assert.doesNotMatch(readFileSync(file, 'utf8'), /gone/);
});

test('broken sizes are not believed', (t) => {
  const { open, tree, file } = scene(t);
  const path = tree('image');
  open().keep(new Map([[path, size(1)]]));
  const written = readFileSync(file, 'utf8');
  for (const text of ['{', '[1,null,{}]', 'null', written.replace('4096', '-1'), written.replace('4096', '"x"'), '']) {
    writeFileSync(file, text);
    assert.equal(open().of(path), undefined, text);
  }
  open().keep(new Map([[path, size(2)]]));
  assert.equal(open().of(path)?.countedAt, 2);
});

test('the sizes of a thousand images are kept, those counted last', (t) => {
  const { open, tree } = scene(t);
  const path = tree('image');
  // Names of one directory, without making a thousand.
  const many = Array.from({ length: 1200 }, (_, index) => [`${path}${'/.'.repeat(index)}`, size(index)] as const);
  open().keep(new Map(many));
  const kept = open();
  assert.deepEqual(
    many.map(([each]) => kept.of(each) !== undefined),
    many.map((_, index) => index >= 200),
  );
});

test('sizes that cannot be kept are no failure', (t) => {
  const { tree, directory, warnings } = scene(t);
  writeFileSync(directory.file('file'), '');
  const sizes = new KnownSizes(directory.file('file', 'sizes.json'), (message) => warnings.push(message));
  const path = tree('image');
  sizes.keep(new Map([[path, size(1)]]));
  assert.deepEqual(sizes.of(path), size(1));
  assert.match(warnings.join(), /^Cannot keep the sizes of images in .*\/file\/sizes\.json: E(EXIST|NOTDIR)$/);
});
