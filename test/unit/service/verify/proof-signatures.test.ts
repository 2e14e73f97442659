import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tally } from '../../../support/tally.js';
import {
  hashCanBeForged,
  nothingVouches,
  signatureDoesNotFit,
  signedByUnknownKey,
} from '../../../support/texts/verification.js';
import {
  advice,
  compose,
  digests,
  expectedOf,
  exportKeyring,
  type Files,
  gather,
  gnu,
  hash,
  keys,
  type Layout,
  layouts,
  outcomeOf,
  outcomes,
  ready,
  room,
  type SignatureState,
  signed,
  styles,
} from './gathering.js';

/** The signatures that are looked for, in their order. */
function missing(file: string, there?: string): string {
  const suffixes = /SUMS$/.test(file) ? ['.gpg', '.asc', '.sign', '.sig'] : ['.asc', '.sig', '.sign', '.gpg'];
  const absent = suffixes.filter((suffix) => suffix !== there);
  return absent.map((suffix) => `${file}${suffix}`).join(', ');
}

/** The ones that are asked for together with the list. */
const usualSignatures = ['SHA256SUMS.asc', 'SHA256SUMS.gpg'];

const named = (name: string) => {
  const key = keys[name];
  if (!key) throw new Error(`no key ${name}`);
  return `key ${key.fingerprint.slice(-16)} (${key.user})`;
};
const askAgain = 'Ask the publisher for a new signature, or install a newer keyring.';
const unknown = (_: Layout, file: string) =>
  `Cannot verify 'image.raw': ${file} ${signedByUnknownKey(String(keys['stranger']?.fingerprint.slice(-16)))} (/ring.pgp). ${advice.unknown}`;
const bad = (layout: Layout, file: string) => signatureDoesNotFit(file, named('good'), layout.file);

const states: Record<string, SignatureState> = {
  '.asc': { place: '.asc', options: { armor: true } },
  '.gpg': { place: '.gpg' },
  '.asc that is binary': { place: '.asc' },
  '.gpg that is armored': { place: '.gpg', options: { armor: true } },
  'clear-signed list': { place: '', options: { form: 'clear' } },
  'clear-signed .asc': { place: '.asc', options: { form: 'clear' } },
  'inline-signed .gpg': { place: '.gpg', options: { form: 'inline' } },
  'wrong key': { place: '.gpg', signer: 'stranger', problem: unknown, gpgv: 2 },
  'wrong key, clear-signed list': {
    place: '',
    signer: 'stranger',
    options: { form: 'clear' },
    problem: unknown,
    gpgv: 2,
  },
  'expired key': {
    place: '.gpg',
    signer: 'expired',
    options: { at: '20200115T000000' },
    problem: (_, file) =>
      `${file} is signed by ${named('expired')}, which expired on 2020-02-01. Ask the publisher for a new signature, or install a newer keyring.`,
    difference: 'an expired key no longer vouches for what is served today',
  },
  'revoked key': {
    place: '.gpg',
    signer: 'revoked',
    options: { at: '20200115T000000' },
    problem: (_, file) => `${file} is signed by ${named('revoked')}, which was revoked on 2020-01-01. ${askAgain}`,
    difference: 'whoever stole the key can sign in the past',
  },
  'SHA-1 signature': {
    place: '.gpg',
    signer: 'rsa',
    options: { digest: 'SHA1' },
    problem: (_, file) => `${file} is signed by ${named('rsa')}, ${hashCanBeForged('SHA1')}. ${askAgain}`,
    difference: 'SHA-1 collisions are made in practice',
  },
  'signature of another file': { place: '.gpg', content: 'another file\n', problem: bad, gpgv: 1 },
  'signature of another file, armored': {
    place: '.asc',
    options: { armor: true },
    content: 'another file\n',
    problem: bad,
    gpgv: 1,
  },
  'no signature at all': {
    place: '.gpg',
    content: '<html>404</html>',
    problem: ({ file }) =>
      `Cannot verify 'image.raw': ${file} is not signed (${file}.gpg contains no signature; ${missing(file, '.gpg')} not found). ${advice.unsigned}`,
  },
  absent: {
    place: '.gpg',
    content: '',
    problem: ({ file }) =>
      `Cannot verify 'image.raw': ${file} is not signed (${missing(file)} not found). ${advice.unsigned}`,
  },
};

function filesOf(layout: Layout, text: string, state: SignatureState, what: string): Files {
  if (what === 'absent') return { [layout.file]: text };
  if (what === 'no signature at all') return { [layout.file]: text, [`${layout.file}.gpg`]: state.content ?? '' };
  return { [layout.file]: text, [`${layout.file}${state.place}`]: signed(state, text) };
}

let keyring: Buffer;

describe('signatures: layout × style × outcome × signature', () => {
  const texts = layouts.flatMap((layout) =>
    Object.keys(styles).flatMap((style) =>
      outcomes.flatMap((outcome) => {
        const text = compose(layout, style, outcome);
        return text === null ? [] : [{ layout, style, outcome, text }];
      }),
    ),
  );

  for (const [what, state] of Object.entries(states)) {
    test(what, async (t) => {
      if (!ready(t)) return;
      if (what === 'revoked key' && keys['revoked']) {
        // It has to sign before it is revoked.
        for (const { text } of texts) signed(state, text);
        room.revoke(keys['revoked']);
      }
      keyring = exportKeyring();
      for (const { layout, style, outcome, text } of texts) {
        tally('verification cases');
        const found = await outcomeOf(filesOf(layout, text, state, what), { verification: 'signature', keyring });
        const signature = `${layout.file}${state.place}`;
        // A signature of a list that does not help is not looked for, unless it came with it.
        const isThere = what !== 'absent' && what !== 'no signature at all';
        const isUsual = state.place === '' || usualSignatures.includes(signature);
        const isLookedAt = outcome !== 'unlisted' || (isThere && isUsual);
        const expected = (isLookedAt ? state.problem?.(layout, signature) : undefined) ?? expectedOf(layout, outcome);
        assert.equal(found, expected, `${layout.file}, ${style}, ${outcome}`);
      }
    });

    test(`${what}, as gpgv sees it${state.difference ? ` (which accepts it, but ${state.difference})` : ''}`, async (t) => {
      if (!ready(t) || what.startsWith('no signature') || what === 'absent') return;
      for (const { layout, style, text } of texts.filter(({ outcome }) => outcome === 'ok')) {
        const isInline = state.options?.form !== undefined;
        const { code, status } = room.gpgv(keyring, signed(state, text), ...(isInline ? [] : [text]));
        assert.equal(code, state.gpgv ?? 0, `${layout.file}, ${style}: ${status}`);
      }
      const isRefused = state.problem !== undefined;
      assert.equal(
        isRefused,
        state.gpgv !== undefined || state.difference !== undefined,
        'a difference must be listed',
      );
    });
  }

  for (const layout of layouts) {
    test(`a signature of ${layout.file} without ${layout.file}`, async (t) => {
      if (!ready(t)) return;
      const text = gnu(digests[layout.algorithm], 'image.raw');
      for (const [what, state] of Object.entries(states)) {
        if (state.place === '') continue;
        tally('verification cases');
        const { [layout.file]: _, ...files } = filesOf(layout, text, state, what);
        const found = await outcomeOf(files, { verification: 'signature', keyring });
        // A file that holds what it signs needs no other.
        const isEnough = state.options?.form !== undefined && usualSignatures.includes(`${layout.file}${state.place}`);
        const absent = `Cannot verify 'image.raw': ${nothingVouches('image.raw.sha256, SHA256SUMS, CHECKSUM and 18 other names')}. ${advice.absent}`;
        assert.equal(found, isEnough ? 'ok' : absent, what);
      }
    });
  }

  const list = gnu(digests.sha256, 'image.raw');
  const wrongList = gnu(hash('sha256', 'something else'), 'image.raw');

  test('checksum and signature are paired by name: one of another list does not count against this one', async (t) => {
    if (!ready(t)) return;
    const files = {
      'image.raw.sha256': list,
      SHA256SUMS: `${list}# the big list\n`,
      'SHA256SUMS.gpg': signed({ place: '.gpg' }, `${list}# the big list\n`),
    };
    const proof = await gather(files, { verification: 'signature', keyring });
    assert.equal(proof.expected?.listedIn, 'SHA256SUMS');
    assert.equal(proof.signedBy?.fingerprint, keys['good']?.fingerprint);
    assert.deepEqual(proof.algorithms, ['sha256']);
  });

  test('an unknown signer of the first list does not hide the second', async (t) => {
    if (!ready(t)) return;
    const files = {
      'image.raw.sha256': list,
      'image.raw.sha256.asc': signed({ place: '.asc', signer: 'stranger' }, list),
      SHA256SUMS: list,
      'SHA256SUMS.gpg': signed({ place: '.gpg' }, list),
    };
    assert.equal(await outcomeOf(files, { verification: 'signature', keyring }), 'ok');
  });

  test('a bad signature beside a good one fails, in whatever order', async (t) => {
    if (!ready(t)) return;
    const [good, other] = [signed({ place: '.gpg' }, list), signed({ place: '.gpg', content: 'another file\n' }, list)];
    for (const [asc, gpg] of [
      [good, other],
      [other, good],
    ] as const) {
      const files = { SHA256SUMS: list, 'SHA256SUMS.asc': asc, 'SHA256SUMS.gpg': gpg };
      assert.match(await outcomeOf(files, { verification: 'signature', keyring }), /is not one of SHA256SUMS/);
    }
  });

  test('only what is signed is read: text around it, and a plain list beside an inline-signed one, are not', async (t) => {
    if (!ready(t)) return;
    const clear = signed({ place: '', options: { form: 'clear' } }, list).toString();
    const around = `${wrongList}${clear}${wrongList}`;
    assert.equal(await outcomeOf({ SHA256SUMS: around }, { verification: 'signature', keyring }), 'ok');
    const inline = signed({ place: '.gpg', options: { form: 'inline' } }, list);
    assert.equal(
      await outcomeOf({ SHA256SUMS: wrongList, 'SHA256SUMS.gpg': inline }, { verification: 'signature', keyring }),
      'ok',
    );
    assert.equal(await outcomeOf({ 'SHA256SUMS.gpg': inline }, { verification: 'signature', keyring }), 'ok');
  });
});
