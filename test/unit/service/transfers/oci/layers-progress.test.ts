import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayersProgress } from '../../../../../service/transfers/oci/layers-progress.js';
import { Transfer } from '../../../../../service/transfers/transfer.js';
import { someSubject } from '../samples.js';

const layers = ['aa', 'bb'].map((digest, index) => ({
  digest: `sha256:${digest}`,
  bytes: 100 * (index + 1),
  compression: 'gzip' as const,
}));

test('the progress of an image is that of its layers together, and names those that come', () => {
  const transfer = new Transfer({ ...someSubject, type: 'pull_oci', id: 1 });
  const [first, second] = layers;
  assert.ok(first && second);
  const progress = new LayersProgress(transfer, 3, layers);
  const state = () => {
    const { bytesDone, bytesTotal, layers: ofLayers } = transfer.progress;
    return { bytesDone, bytesTotal, done: ofLayers?.done, total: ofLayers?.total, current: ofLayers?.current };
  };
  assert.deepEqual(state(), { bytesDone: 0, bytesTotal: 300, done: 1, total: 3, current: [] });
  progress.advance(first, 40);
  progress.advance(second, 500);
  const ofFirst = { digest: 'sha256:aa', bytesDone: 40, bytesTotal: 100 };
  const ofSecond = { digest: 'sha256:bb', bytesDone: 200, bytesTotal: 200 };
  assert.deepEqual(state(), { bytesDone: 240, bytesTotal: 300, done: 1, total: 3, current: [ofFirst, ofSecond] });
  progress.complete(first);
  assert.deepEqual(state(), { bytesDone: 300, bytesTotal: 300, done: 2, total: 3, current: [ofSecond] });
  progress.complete(second);
  assert.deepEqual(state(), { bytesDone: 300, bytesTotal: 300, done: 3, total: 3, current: [] });
});
