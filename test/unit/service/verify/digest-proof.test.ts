import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { DigestProof } from '../../../../service/verify/digest-proof.js';
import { gatherProof, type Proof } from '../../../../service/verify/proof.js';
import { digestGivenDiffers } from '../../../support/texts/verification.js';

const hash = (algorithm: string, bytes: string) => createHash(algorithm).update(bytes).digest('hex');
const image = { sha256: hash('sha256', 'image'), sha512: hash('sha512', 'image') };
const sidecar = { sha256: hash('sha256', 'sidecar') };

/** The proof of an image for which the server has these files. */
function proofOf(digest: string, files: Record<string, string>, asked: string[] = []): Proof {
  return new DigestProof(digest, 'disk.raw', () =>
    gatherProof({
      url: 'http://h/disk.raw',
      verification: 'checksum',
      keyrings: [],
      now: new Date(),
      onNotice: () => undefined,
      fetchSmall: async (url) => {
        const name = url.slice('http://h/'.length);
        asked.push(name);
        const found = files[name];
        return found === undefined ? undefined : Buffer.from(found);
      },
    }),
  );
}

test('the digest of the caller is all that an image needs: nothing is fetched', async () => {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const asked: string[] = [];
    const sums = { SHA256SUMS: `${'0'.repeat(64)}  disk.raw\n` };
    const proof = proofOf(`${algorithm}:${image[algorithm]}`, sums, asked);
    assert.deepEqual(proof.algorithms, [algorithm]);
    assert.deepEqual(
      { ...proof.expected },
      { algorithm, digest: image[algorithm], listedIn: undefined, signer: undefined, signature: undefined },
    );
    assert.ok((await proof.check('disk.raw', image)).isOk());
    assert.equal((await proof.expect('disk.raw')).unwrapOr(undefined), proof.expected);
    assert.equal(await proof.listOf('disk.nspawn'), undefined);
    assert.deepEqual(asked, []);
  }
});

test('other bytes than those of the digest are refused, with both digests', async () => {
  const proof = proofOf(`sha256:${image.sha256}`, {});
  const found = hash('sha256', 'other');
  const checked = await proof.check('disk.raw', { sha256: found });
  assert.ok(checked.isErr());
  assert.equal(checked.error.kind, 'VerificationFailed');
  assert.equal(checked.error.message, digestGivenDiffers('disk.raw', 'sha256', image.sha256, found));
  assert.deepEqual(checked.error.facts, { file: 'disk.raw', expected: image.sha256, found });
  for (let place = 0; place < 64; place++) {
    const altered =
      image.sha256.slice(0, place) + (image.sha256[place] === '0' ? '1' : '0') + image.sha256.slice(place + 1);
    assert.ok((await proof.check('disk.raw', { sha256: altered })).isErr(), `digit ${place}`);
  }
  await assert.rejects(proof.check('disk.raw', {}), { message: 'the sha256 digest of disk.raw was not computed' });
});

test('the digest of the image vouches for no other file', async () => {
  const listed = `${image.sha256}  disk.raw\n${sidecar.sha256}  disk.nspawn\n`;
  const proof = proofOf(`sha256:${'0'.repeat(64)}`, { SHA256SUMS: listed });
  assert.ok((await proof.check('disk.nspawn', sidecar)).isOk());
  assert.ok((await proof.check('disk.nspawn', image)).isErr());
  assert.equal((await proof.expect('disk.nspawn')).unwrapOr(undefined)?.digest, sidecar.sha256);
  assert.equal(await proof.listOf('disk.nspawn'), 'SHA256SUMS');
  assert.ok((await proof.expect('disk.verity')).isErr());
  const bare = proofOf(`sha256:${image.sha256}`, {});
  for (const refused of [await bare.check('disk.nspawn', sidecar), await bare.expect('disk.nspawn')])
    assert.ok(refused.isErr() && refused.error.kind === 'VerificationFailed');
  assert.equal(await bare.listOf('disk.nspawn'), undefined);
});

test('what is no verdict on a file, such as a cancelled pull, is not taken for one', async () => {
  const cancelled = new Failure('Cancelled', 'It was cancelled', {});
  const proof = new DigestProof(`sha256:${image.sha256}`, 'disk.raw', () => Promise.reject(cancelled));
  await assert.rejects(proof.expect('disk.nspawn'), cancelled);
});
