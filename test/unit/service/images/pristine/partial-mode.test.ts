import assert from 'node:assert/strict';
import { chmodSync, fstatSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { createTemporaryFile } from '../../../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import {
  openPartial,
  PartialDownload,
  partialName,
  releasePartial,
  safeStep,
} from '../../../../../service/images/pristine/partial.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const url = 'http://host.invalid/x.raw';
const facts = { url, validator: '"1"', total: undefined };

test('only its owner can read a partial download, also one that is resumed, until it is whole', (t) => {
  const umask = process.umask(0o022);
  t.after(() => process.umask(umask));
  const directory = temporaryDirectory(t);
  const path = directory.file(partialName(url));
  const modeOf = () => statSync(path).mode & 0o777;
  using root = ImageRoot.open(directory.path);
  {
    using temporary = createTemporaryFile(root, 'raw');
    new PartialDownload(temporary, facts).reached(safeStep);
    assert.deepEqual(readdirSync(directory.path), [partialName(url)]);
    assert.equal(modeOf(), 0o600);
  }
  // As an earlier version left it.
  chmodSync(path, 0o644);
  const opened = openPartial(directory.path, url);
  assert.ok(opened);
  const resumed = PartialDownload.resume(root, opened.descriptor, opened.record);
  using temporary = resumed.temporary;
  assert.equal(modeOf(), 0o600);
  releasePartial(temporary);
  assert.equal(fstatSync(temporary.descriptor).mode & 0o777, 0o644);
});
