import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkContent } from '../../../../../service/transfers/oci/check-content.js';
import { contentDiffers } from '../../../../support/texts/formats.js';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const record = { sha256: a, sha512: undefined, bytes: 1, verification: 'digest', signedBy: undefined } as const;
const wanted = { digest: 'x', diffId: `sha256:${b}` };

test('what was decoded of a layer is what its configuration says, and what came as it is too', () => {
  checkContent(wanted, { record }, { diffId: `sha256:${b}` });
  checkContent({ digest: 'x', diffId: `sha256:${a}` }, { record }, undefined);
  checkContent({ digest: 'x', diffId: `sha512:${a}${b}` }, { record: { ...record, sha512: a + b } }, undefined);
  checkContent({ digest: 'x', diffId: undefined }, { record }, undefined);
  checkContent(wanted, { record: undefined }, undefined);
  const differs = (found: string) => ({
    kind: 'Corrupt',
    message: contentDiffers('x', `sha256:${found}`, `sha256:${b}`),
  });
  assert.throws(() => checkContent(wanted, { record }, { diffId: `sha256:${c}` }), differs(c));
  assert.throws(() => checkContent(wanted, { record }, undefined), differs(a));
});

test('processes that do not tell what is in a layer are not believed', () => {
  const message = 'The processes of the transfer do not tell the digest of what is in a layer; nothing was placed';
  const silent = (process: string) => ({ kind: 'WorkerFailed', message, facts: { process } });
  assert.throws(() => checkContent(wanted, { record }, { diffId: undefined }), silent('decode'));
  assert.throws(() => checkContent(wanted, { record }, { diffId: `sha512:${a}${b}` }), silent('decode'));
  assert.throws(() => checkContent({ digest: 'x', diffId: `sha512:${a}${b}` }, { record }, undefined), silent('fetch'));
});
