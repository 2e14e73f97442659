import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, type TestContext, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { gatherProof, type Proof, type Verification } from '../../../../service/verify/proof.js';
import { needs } from '../../../support/needs.js';
import { KeyRoom, type SigningOptions, type TestKey } from '../../../support/servers/keys.js';
import { tally } from '../../../support/tally.js';
import { cannotDownload } from '../../../support/texts/downloads.js';
import {
  askForSignature,
  askToListIt,
  differentDigests,
  doesNotMatchChecksum,
  hashCanBeForged,
  installKeyring,
  isMarkupAndNoList,
  listsNoName,
  listsOnly,
  nameOne,
  noChecksumFile,
  nothingVouches,
  signatureDoesNotFit,
  signedByUnknownKey,
  wasBestBefore,
} from '../../../support/texts/verification.js';

const image = Buffer.from('the bytes of the image');
const hash = (algorithm: string, bytes: Buffer | string) => createHash(algorithm).update(bytes).digest('hex');
const digests = { sha256: hash('sha256', image), sha512: hash('sha512', image) };
// Keys that are made during the test must not be from the future.
const now = new Date(Date.now() + 60_000);
const url = 'http://example.com/images/image.raw';
const advice = {
  unknown: installKeyring,
  unsigned: askForSignature,
  unlisted: askToListIt,
  absent: nameOne,
};

type Files = Record<string, Buffer | string | Failure>;

interface Gathering {
  readonly verification?: Verification;
  readonly keyring?: Buffer;
  readonly url?: string;
  readonly asked?: string[];
  readonly notices?: string[];
  readonly now?: Date;
}

function gather(files: Files, options: Gathering = {}): Promise<Proof> {
  const { verification = 'checksum', keyring, asked = [], notices = [] } = options;
  return gatherProof({
    url: options.url ?? url,
    verification,
    keyrings: keyring ? [{ path: '/ring.pgp', bytes: keyring }] : [],
    now: options.now ?? now,
    onNotice: (message) => notices.push(message),
    fetchSmall: async (from) => {
      asked.push(from);
      const found = files[from.slice(from.lastIndexOf('/') + 1)];
      if (found instanceof Failure) throw found;
      return found === undefined ? undefined : Buffer.from(found);
    },
  });
}

/** The message of what goes wrong on the way to a checked image; "ok" if nothing does. */
async function outcomeOf(files: Files, options: Gathering = {}): Promise<string> {
  try {
    const proof = await gather(files, options);
    const result = await proof.check('image.raw', digests);
    return result.isOk() ? 'ok' : result.error.message;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'VerificationFailed') return error.message;
    throw error;
  }
}

const layouts = [
  { file: 'image.raw.sha256', algorithm: 'sha256', isOwn: true },
  { file: 'SHA256SUMS', algorithm: 'sha256', isOwn: false },
  { file: 'image.raw.sha512', algorithm: 'sha512', isOwn: true },
  { file: 'SHA512SUMS', algorithm: 'sha512', isOwn: false },
] as const;
type Layout = (typeof layouts)[number];

/** The signatures that are looked for, in their order. */
function missing(file: string, there?: string): string {
  const suffixes = file === 'SHA256SUMS' ? ['.gpg', '.asc', '.sig', '.sign'] : ['.asc', '.sig', '.sign', '.gpg'];
  const absent = suffixes.filter((suffix) => suffix !== there);
  return absent.map((suffix) => `${file}${suffix}`).join(', ');
}

/** The ones that are asked for together with the list. */
const usualSignatures = ['image.raw.sha256.asc', 'SHA256SUMS.asc', 'SHA256SUMS.gpg'];

const gnu = (digest: string, name: string) => `${digest}  ${name}\n`;
const styles: Record<string, (digest: string, name: string, algorithm: string) => string> = {
  GNU: gnu,
  'GNU binary': (digest, name) => `${digest} *${name}\n`,
  BSD: (digest, name, algorithm) => `${algorithm.toUpperCase()} (${name}) = ${digest}\n`,
  bare: (digest) => `${digest}\n`,
  CRLF: (digest, name) => `${digest}  ${name}\r\n`,
  'upper case': (digest, name) => `${digest.toUpperCase()}  ${name}\n`,
  'no newline': (digest, name) => `${digest}  ${name}`,
  './ prefix': (digest, name) => `${digest}  ./${name}\n`,
};

const outcomes = ['ok', 'mismatched', 'unlisted', 'ambiguous'] as const;
type Outcome = (typeof outcomes)[number];

function compose(layout: Layout, style: string, outcome: Outcome): string | null {
  const write = styles[style] ?? gnu;
  const right = digests[layout.algorithm];
  const wrong = hash(layout.algorithm, 'something else');
  if (style === 'bare' && (!layout.isOwn || outcome === 'unlisted')) return null;
  if (outcome === 'ok') return write(right, 'image.raw', layout.algorithm);
  if (outcome === 'mismatched') return write(wrong, 'image.raw', layout.algorithm);
  if (outcome === 'unlisted') return write(right, 'image.raw.xz', layout.algorithm);
  return `${write(right, 'image.raw', layout.algorithm).trimEnd()}\n${write(wrong, 'image.raw', layout.algorithm)}`;
}

/** What the user is told, once the list itself is trusted. */
function expectedOf(layout: Layout, outcome: Outcome): string {
  const { file, algorithm } = layout;
  const [right, wrong] = [digests[algorithm], hash(algorithm, 'something else')];
  switch (outcome) {
    case 'ok':
      return 'ok';
    case 'mismatched':
      return `'image.raw' ${doesNotMatchChecksum(file, algorithm, wrong, right)}.`;
    case 'ambiguous':
      return `${file} ${differentDigests('image.raw', `${right}, ${wrong}`)}.`;
    case 'unlisted':
      return `Cannot verify 'image.raw': ${file} ${listsOnly('image.raw.xz')}. ${advice.unlisted}`;
  }
}

describe('checksums: layout × style × outcome', () => {
  for (const layout of layouts) {
    for (const style of Object.keys(styles)) {
      for (const outcome of outcomes) {
        const text = compose(layout, style, outcome);
        if (text === null) continue;
        test(`${layout.file}, ${style}, ${outcome}`, async () => {
          tally('verification cases');
          assert.equal(await outcomeOf({ [layout.file]: text }), expectedOf(layout, outcome));
        });
      }
    }
  }

  test('no file at all', async () => {
    assert.equal(
      await outcomeOf({}),
      `Cannot verify 'image.raw': ${noChecksumFile('image.raw.sha256, SHA256SUMS, CHECKSUM and 14 other names')}. ${advice.absent}`,
    );
  });
});

interface SignatureState {
  readonly options?: SigningOptions;
  readonly signer?: string;
  /** Sign this in place of the list. */
  readonly content?: string;
  /** Where the result lies: beside the list, or in its place. */
  readonly place: '.asc' | '.gpg' | '';
  /** What it says, before the list is looked at; undefined if the signature is good. */
  readonly problem?: (layout: Layout, file: string) => string;
  /** What gpgv's exit code is; 0 unless given. */
  readonly gpgv?: number;
  /** Why we refuse what gpgv takes, where we do. */
  readonly difference?: string;
}

let room: KeyRoom;
const keys: Record<string, TestKey> = {};
let keyring: Buffer;
const signatures = new Map<string, Buffer>();

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

function ready(t: TestContext): boolean {
  if (!needs(t, { programs: ['gpg', 'gpgv', 'gpgconf'] })) return false;
  if (room) return true;
  room = new KeyRoom();
  keys['good'] = room.createKey('Good <good@example.com>');
  keys['rsa'] = room.createKey('Rsa <rsa@example.com>', 'rsa2048');
  keys['stranger'] = room.createKey('Stranger <stranger@example.com>');
  keys['expired'] = room.createKey('Expired <expired@example.com>', 'ed25519', '20200201T000000', '20200101T000000');
  keys['revoked'] = room.createKey('Revoked <revoked@example.com>', 'ed25519', 'never', '20200101T000000');
  return true;
}

function signed(state: SignatureState, text: string): Buffer {
  const { signer = 'good', options = {}, content = text } = state;
  const cached = JSON.stringify([signer, options, content]);
  const key = keys[signer];
  if (!key) throw new Error(`no key ${signer}`);
  const bytes = signatures.get(cached) ?? room.sign(key, content, options);
  signatures.set(cached, bytes);
  return bytes;
}

function filesOf(layout: Layout, text: string, state: SignatureState, what: string): Files {
  if (what === 'absent') return { [layout.file]: text };
  if (what === 'no signature at all') return { [layout.file]: text, [`${layout.file}.gpg`]: state.content ?? '' };
  return { [layout.file]: text, [`${layout.file}${state.place}`]: signed(state, text) };
}

describe('signatures: layout × style × outcome × signature', () => {
  after(() => room?.[Symbol.dispose]());

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
      keyring = room.export(['good', 'rsa', 'expired', 'revoked'].flatMap((name) => keys[name] ?? []));
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

const namesOf = (urls: readonly string[]) => urls.map((each) => each.replace('http://example.com/images/', ''));

describe('what is looked for', () => {
  const list = gnu(digests.sha256, 'image.raw');
  const refuses = new Failure('DownloadFailed', `${cannotDownload('it')} 500, no.`, { url: '', status: 500 });
  const forbids = new Failure('DownloadFailed', `${cannotDownload('it')} 403, no.`, { url: '', status: 403 });

  test('the usual files are asked for first, at most 24 in all', async (t) => {
    const asked: string[] = [];
    await gather({ SHA256SUMS: list }, { asked });
    assert.deepEqual(namesOf(asked).slice(0, 3), ['image.raw.sha256', 'SHA256SUMS', 'CHECKSUM']);
    assert.equal(asked.length, 17);
    if (!ready(t)) return;
    const all: string[] = [];
    await assert.rejects(gather({}, { asked: all, verification: 'signature', keyring }));
    assert.deepEqual(namesOf(all), [
      'image.raw.sha256',
      'image.raw.sha256.asc',
      'SHA256SUMS',
      'SHA256SUMS.gpg',
      'SHA256SUMS.asc',
      'image.raw.asc',
      'image.raw.sig',
      'CHECKSUM',
      'sha256sums',
      'sha256sum.txt',
      'sha256sums.txt',
      'checksums.txt',
      'image.SHA256SUMS',
      'image.raw.SHA256',
      'SHA512SUMS',
      'image.raw.sha512',
      'image.raw.sign',
      'image.raw.DIGESTS',
      'image.raw.DIGESTS.asc',
      'image.raw.SHA256SUM',
      'image.raw.CHECKSUM',
      'image.raw.SHA512',
      'image.raw.SHA512SUM',
      'image.raw.gpg',
    ]);
  });

  test('a signature by a trusted key ends the search: nothing more is asked for', async (t) => {
    if (!ready(t)) return;
    const asked: string[] = [];
    const files = { SHA256SUMS: list, 'SHA256SUMS.gpg': signed({ place: '.gpg' }, list) };
    await gather(files, { asked, verification: 'signature', keyring });
    assert.ok(asked.length <= 19, String(asked.length));
  });

  test('a list that cannot be fetched is passed over, and named if nothing else does', async () => {
    assert.equal(await outcomeOf({ 'image.raw.sha256': refuses, SHA256SUMS: list }), 'ok');
    assert.equal(
      await outcomeOf({ 'image.raw.sha256': refuses }),
      `Cannot verify 'image.raw': image.raw.sha256 could not be fetched (${cannotDownload('it')} 500, no.). Try again later, or use --verify=no to do without.`,
    );
  });

  test('a list that is forbidden is as good as none', async () => {
    assert.equal(await outcomeOf({ 'image.raw.sha256': forbids }), await outcomeOf({}));
  });

  test('being cancelled is no verdict', async () => {
    const cancelled = new Failure('Cancelled', 'cancelled', {});
    await assert.rejects(gather({ SHA256SUMS: cancelled }), cancelled);
  });

  test('a page that says "not found" with status 200 lists nothing', async () => {
    const html = '<!doctype html><p>Not found';
    assert.equal(await outcomeOf({ 'image.raw.sha256': html, SHA256SUMS: list }), 'ok');
    assert.equal(
      await outcomeOf({ SHA256SUMS: html }),
      `Cannot verify 'image.raw': SHA256SUMS ${isMarkupAndNoList}. ${advice.unlisted}`,
    );
  });

  test('query and fragment of the URL belong to the image only', async () => {
    const asked: string[] = [];
    await gather({ SHA256SUMS: list }, { asked, url: `${url}?token=x/y#z` });
    assert.deepEqual(namesOf(asked).slice(0, 2), ['image.raw.sha256', 'SHA256SUMS']);
  });

  test('an encoded name may be listed decoded', async () => {
    const proof = await gather(
      { SHA256SUMS: gnu(digests.sha256, 'my image.raw') },
      { url: 'http://example.com/my%20image.raw' },
    );
    assert.equal((await proof.check('my%20image.raw', digests)).isOk(), true);
  });

  test('a list that is past its best-before date is refused with the date, unless another one does', async () => {
    const stale = `${list}${gnu(hash('sha256', ''), 'BEST-BEFORE-2026-01-01')}`;
    const message = `SHA256SUMS ${wasBestBefore('2026-01-01', '2026-01-01')}.`;
    assert.equal(await outcomeOf({ SHA256SUMS: stale }, { now: new Date('2026-01-01T00:00:00Z') }), message);
    assert.equal(await outcomeOf({ SHA256SUMS: stale }, { now: new Date('2025-12-31T23:59:59Z') }), 'ok');
    assert.equal(
      await outcomeOf({ SHA256SUMS: stale, 'image.raw.sha256': list }, { now: new Date('2026-02-01') }),
      'ok',
    );
  });

  test('a best-before date that is in no calendar is told of, and does not count', async () => {
    const notices: string[] = [];
    const marked = `${list}${gnu(hash('sha256', ''), 'BEST-BEFORE-2020-02-30')}`;
    assert.equal(await outcomeOf({ SHA256SUMS: marked }, { notices }), 'ok');
    assert.deepEqual(notices, [
      "SHA256SUMS lists 'BEST-BEFORE-2020-02-30', which names no day, so it does not limit how long the list counts.",
    ]);
  });

  test('with no verification nothing is asked for, and everything passes', async () => {
    const asked: string[] = [];
    const proof = await gather({}, { verification: 'no', asked });
    assert.deepEqual(asked, []);
    assert.equal((await proof.check('anything', {})).isOk(), true);
    assert.equal(proof.expected, undefined);
  });

  const impossible: [string, string][] = [
    ['http://example.com/', 'http://example.com/ names no file that a checksum could be listed for.'],
    ...['SHA256SUMS', 'x.raw.sha256', 'SHA512SUMS', 'x.sha512', 'x.asc', 'x.gpg'].map((name): [string, string] => [
      `http://example.com/${name}`,
      `'${name}' is itself a checksum or signature file, so there is nothing to hold it against: check the URL, or use --verify=no.`,
    ]),
  ];
  for (const [from, message] of impossible) {
    test(`nothing to verify ${from} with`, async () => {
      await assert.rejects(gather({}, { url: from }), { message });
    });
  }
});

describe('sidecars', () => {
  const nspawn = Buffer.from('[Exec]\n');
  const list = gnu(digests.sha256, 'image.raw');
  const line = gnu(hash('sha256', nspawn), 'image.nspawn');
  const places: [string, Files][] = [
    ["the image's own list", { 'image.raw.sha256': list + line }],
    ['the common list', { 'image.raw.sha256': list, SHA256SUMS: line }],
    ['its own list', { 'image.raw.sha256': list, 'image.nspawn.sha256': hash('sha256', nspawn) }],
    ['its own sha512 list', { 'image.raw.sha256': list, 'image.nspawn.sha512': hash('sha512', nspawn) }],
    ['the common sha512 list', { SHA256SUMS: list, SHA512SUMS: gnu(hash('sha512', nspawn), 'image.nspawn') }],
  ];
  for (const [where, files] of places) {
    test(`listed in ${where}`, async () => {
      const proof = await gather(files);
      assert.equal((await proof.checkBytes('image.nspawn', nspawn)).isOk(), true);
      const changed = await proof.checkBytes('image.nspawn', Buffer.from('changed'));
      assert.match(changed._unsafeUnwrapErr().message, /^'image\.nspawn' does not match its checksum: /);
    });
  }

  test('listed nowhere', async () => {
    const proof = await gather({ 'image.raw.sha256': hash('sha256', image) });
    const result = await proof.checkBytes('image.nspawn', nspawn);
    assert.equal(
      result._unsafeUnwrapErr().message,
      `Cannot verify 'image.nspawn': image.raw.sha256 ${listsNoName}. ${advice.unlisted}`,
    );
  });

  test('no list is fetched twice', async () => {
    const asked: string[] = [];
    const proof = await gather({ SHA256SUMS: list + line }, { asked });
    await Promise.all([proof.checkBytes('image.nspawn', nspawn), proof.checkBytes('image.nspawn', nspawn)]);
    assert.equal(new Set(asked).size, asked.length);
  });
});
