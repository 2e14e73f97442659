import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDiffId, withDiffIds } from '../../../../../service/formats/oci/diff-ids.js';
import { contentDiffers, countDiffers } from '../../../../support/texts/formats.js';

const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const long = `sha512:${'c'.repeat(128)}`;
const layers = [{ digest: 'one' }, { digest: 'two' }];

function diffIdsOf(rootfs: unknown, of = layers) {
  return withDiffIds(of, JSON.stringify({ rootfs }), 'the config').map(({ diffId }) => diffId);
}

test('each layer has the digest of its content that stands in the configuration at its place', () => {
  assert.deepEqual(diffIdsOf({ type: 'layers', diff_ids: [a, long] }), [a, long]);
  assert.deepEqual(diffIdsOf(undefined), [undefined, undefined]);
  assert.deepEqual(diffIdsOf({ diff_ids: [a, a] }, [{ digest: 'one' }, { digest: 'one' }]), [a, a]);
});

const bad: [rootfs: unknown, reason: string, of?: typeof layers][] = [
  [{ diff_ids: [a] }, countDiffers(1, 2)],
  [{ diff_ids: [a, a, a] }, countDiffers(3, 2)],
  [{ diff_ids: [] }, countDiffers(0, 2)],
  [{}, 'rootfs.diff_ids is missing'],
  [{ diff_ids: 'x' }, 'rootfs.diff_ids is not a list'],
  [{ diff_ids: [a, 1] }, 'rootfs.diff_ids[1] is not a string'],
  [{ diff_ids: [a, 'md5:0'] }, 'rootfs.diff_ids[1] is not a sha256 or sha512 digest'],
  [
    { diff_ids: [a, b] },
    'rootfs.diff_ids[1] is not that of the same layer before it',
    [layers[0], layers[0]] as typeof layers,
  ],
];
for (const [rootfs, reason, of] of bad) {
  test(`digests of content ${JSON.stringify(rootfs).slice(0, 30)}… are refused: ${reason}`, () => {
    assert.throws(() => diffIdsOf(rootfs, of), { kind: 'Corrupt', message: `Cannot use the config: ${reason}` });
  });
}

test('content is compared where both digests are known, of one algorithm', () => {
  checkDiffId('x', a, a);
  checkDiffId('x', a, undefined);
  checkDiffId('x', undefined, a);
  checkDiffId('x', a, long);
  assert.throws(() => checkDiffId('x', a, b), { kind: 'Corrupt', message: contentDiffers('x', b, a) });
});
