import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { gatherProof, type Proof } from '../../../../service/verify/proof.js';
import { doesNotMatchChecksum } from '../../../support/texts/verification.js';

const image = Buffer.from('the bytes of the image');
const hash = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
const digests = { sha256: hash('sha256', image), sha512: hash('sha512', image) };
const gnu = (digest: string, name: string) => `${digest}  ${name}\n`;

const layouts = [
  { file: 'image.raw.sha256', algorithm: 'sha256', isOwn: true },
  { file: 'SHA256SUMS', algorithm: 'sha256', isOwn: false },
  { file: 'image.raw.sha512', algorithm: 'sha512', isOwn: true },
  { file: 'SHA512SUMS', algorithm: 'sha512', isOwn: false },
] as const;

function gather(files: Record<string, string>): Promise<Proof> {
  return gatherProof({
    url: 'http://example.com/images/image.raw',
    verification: 'checksum',
    keyrings: [],
    now: new Date(),
    onNotice: () => {},
    fetchSmall: async (from) => {
      const found = files[from.slice(from.lastIndexOf('/') + 1)];
      return found === undefined ? undefined : Buffer.from(found);
    },
  });
}

/** The message of what goes wrong on the way to a checked image; "ok" if nothing does. */
async function outcomeOf(files: Record<string, string>): Promise<string> {
  try {
    const result = await (await gather(files)).check('image.raw', digests);
    return result.isOk() ? 'ok' : result.error.message;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'VerificationFailed') return error.message;
    throw error;
  }
}

describe('every digit of a digest counts', () => {
  /** The digest with another digit at one place. */
  function altered(digest: string, place: number): string {
    const digit = ((Number.parseInt(digest.charAt(place), 16) + 1) % 16).toString(16);
    return digest.slice(0, place) + digit + digest.slice(place + 1);
  }

  for (const layout of layouts) {
    const { file, algorithm } = layout;
    const digest = digests[algorithm];
    for (const place of [0, 7, 8, digest.length / 2, digest.length - 2, digest.length - 1]) {
      test(`digit ${place} of ${algorithm} in ${file}`, async () => {
        const listed = altered(digest, place);
        const said = await outcomeOf({ [file]: gnu(listed, 'image.raw') });
        assert.equal(said, `'image.raw' ${doesNotMatchChecksum(file, algorithm, listed, digest)}.`);
        const sidecar = Buffer.from('of a sidecar');
        const list = (text: string) => gather({ [file]: gnu(digest, 'image.raw') + gnu(text, 'image.raw.nspawn') });
        const right = hash(algorithm, sidecar);
        if (layout.isOwn) return;
        assert.ok((await (await list(right)).checkBytes('image.raw.nspawn', sidecar)).isOk());
        assert.ok((await (await list(altered(right, place))).checkBytes('image.raw.nspawn', sidecar)).isErr());
      });
    }
  }

  test('two digests that differ in one digit are two', async () => {
    const list = gnu(digests.sha256, 'image.raw') + gnu(altered(digests.sha256, 63), 'image.raw');
    assert.match(await outcomeOf({ SHA256SUMS: list }), /SHA256SUMS/);
    assert.notEqual(await outcomeOf({ SHA256SUMS: list }), 'ok');
  });
});
