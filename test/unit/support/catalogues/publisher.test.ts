import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Publisher, type Scheme, type SigningForm } from '../../../support/catalogues/publisher.js';
import { attempt } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../support/temporary.js';

const content = Buffer.from('0123456789abcdef  image.raw\n');

interface Witness {
  readonly scheme: Scheme;
  readonly form: SigningForm['form'];
  readonly program: string;
  readonly parameters: (place: TemporaryDirectory) => readonly string[];
}

const keys = 'keys';
const signature = 'content.signature';

/** The programs whose signatures are made here without them. */
const witnesses: readonly Witness[] = [
  ...(['binary', 'armored', 'clear'] as const).map((form): Witness => {
    const parameters = (place: TemporaryDirectory) => [
      '--keyring',
      place.file(keys),
      place.file(signature),
      ...(form === 'clear' ? [] : [place.file('content')]),
    ];
    return { scheme: 'openpgp', form, program: 'gpgv', parameters };
  }),
  {
    scheme: 'minisign',
    form: 'binary',
    program: 'minisign',
    parameters: (place) => ['-V', '-p', place.file(keys), '-x', place.file(signature), '-m', place.file('content')],
  },
  {
    scheme: 'signify',
    form: 'binary',
    program: 'signify-openbsd',
    parameters: (place) => ['-V', '-p', place.file(keys), '-x', place.file(signature), '-m', place.file('content')],
  },
];

for (const witness of witnesses) {
  const { scheme, form, program } = witness;
  test(`${program} takes what a publisher of test worlds signs (${scheme}, ${form}), and nothing by an unknown key`, async (t) => {
    if (!needs(t, { programs: [program] })) return;
    const publisher = await Publisher.create();
    for (const state of ['trusted', 'unknown'] as const) {
      const place = temporaryDirectory(t);
      writeFileSync(place.file('content'), content);
      writeFileSync(place.file(keys), publisher.keyring(scheme));
      writeFileSync(place.file(signature), await publisher.sign(content, { scheme, form, file: 'content' }, state));
      const { status, stderr } = attempt(program, witness.parameters(place));
      assert.equal(status === 0, state === 'trusted', stderr);
    }
  });
}

test('ssh-keygen takes what a publisher of test worlds signs, and nothing by an unknown key', async (t) => {
  if (!needs(t, { programs: ['ssh-keygen', 'sh'] })) return;
  const publisher = await Publisher.create();
  for (const state of ['trusted', 'unknown'] as const) {
    const outcome = await verifyBySsh(t, publisher, state);
    assert.equal(outcome.status === 0, state === 'trusted', outcome.stderr);
  }
});

async function verifyBySsh(t: TestContext, publisher: Publisher, state: 'trusted' | 'unknown') {
  const place = temporaryDirectory(t);
  const form = { scheme: 'openssh', form: 'binary', file: 'content' } as const;
  writeFileSync(place.file('content'), content);
  writeFileSync(place.file(keys), `images@example.com ${publisher.keyring('openssh')}`);
  writeFileSync(place.file(signature), await publisher.sign(content, form, state));
  const command = 'ssh-keygen -Y verify -f "$1" -I images@example.com -n file -s "$2" <"$3"';
  return attempt('sh', ['-c', command, 'sh', place.file(keys), place.file(signature), place.file('content')]);
}
