import assert from 'node:assert/strict';
import { test } from 'node:test';
import { artefactFile, chooseFile, isContainerImage } from '../../../../../service/formats/oci/artefact.js';
import { parseManifest } from '../../../../../service/formats/oci/manifest.js';
import { type Image, makeArtefact, makeImage, makeLayer } from '../../../../support/registry/images.js';

const content = Buffer.alloc(10, 1);

function parse({ manifest }: Image) {
  const parsed = parseManifest(manifest.bytes, manifest.mediaType, 'r.example/a:1', artefactFile);
  if (parsed.kind !== 'manifest') throw new Error('it is an index');
  return parsed;
}

test('files of artefacts have any type, and the titles of the tools that push them', () => {
  const { layers } = parse(
    makeArtefact([
      { content, title: 'disk.raw.zst' },
      { content, title: 'out/x86/disk.raw', mediaType: 'application/octet-stream' },
      { content, mediaType: 'application/vnd.acme' },
      { content, title: 'a/' },
      { content, title: 'x'.repeat(256) },
    ]),
  );
  assert.deepEqual(
    layers.map(({ title, size }) => [title, size]),
    [
      ['disk.raw.zst', 10],
      ['disk.raw', 10],
      [undefined, 10],
      [undefined, 10],
      [undefined, 10],
    ],
  );
});

test('a container image is told from an artefact, whatever type the layers have', () => {
  const layer = makeLayer([{ path: 'a' }]);
  assert.equal(isContainerImage(parse(makeImage({ layers: [layer] }))), true);
  assert.equal(isContainerImage(parse(makeImage({ layers: [layer], docker: true }))), true);
  assert.equal(isContainerImage(parse(makeArtefact([{ content }]))), false);
});

const files = ['disk.raw.zst', 'tree.tar.gz', 'disk.sha256', 'Other.IMG'].map((title) => ({ title }));

test('the file of an artefact is that of the format, or the one that is named', () => {
  const choose = (titles: (string | undefined)[], format: 'tar' | 'raw', title?: string) =>
    chooseFile(
      titles.map((each) => ({ title: each })),
      { format, title },
      'oci://a',
    ).title;
  assert.equal(choose([undefined], 'raw'), undefined);
  assert.equal(choose(['whatever'], 'tar'), 'whatever');
  assert.equal(choose(['disk.raw.zst', 'tree.tar.gz', 'disk.sha256', undefined], 'raw'), 'disk.raw.zst');
  assert.equal(choose(['disk.raw.zst', 'tree.tar.gz', 'disk.sha256'], 'tar'), 'tree.tar.gz');
  assert.equal(choose(['a.raw', 'b.raw'], 'raw', 'b.raw'), 'b.raw');
  assert.equal(choose(['a.raw', 'notes'], 'raw', 'notes'), 'notes');
});

test('what could be several files of an artefact is refused, with a list of them', () => {
  const list = "('disk.raw.zst', 'tree.tar.gz', 'disk.sha256', 'Other.IMG'); write oci://REFERENCE#FILE";
  const refusal = (message: string) => ({ kind: 'UnsupportedFormat', message });
  assert.throws(
    () => chooseFile(files, { format: 'raw', title: undefined }, 'oci://a'),
    refusal(`Cannot choose a file of oci://a: it has 4 files ${list}`),
  );
  assert.throws(
    () => chooseFile(files, { format: 'raw', title: 'x\u001b' }, 'oci://a'),
    refusal(`Cannot choose a file of oci://a: it does not have exactly one file named 'x\\x1b' ${list}`),
  );
  assert.throws(
    () => chooseFile([{}, {}], { format: 'raw', title: undefined }, 'oci://a'),
    refusal('Cannot choose a file of oci://a: it has 2 files (none of them has a title); write oci://REFERENCE#FILE'),
  );
});
