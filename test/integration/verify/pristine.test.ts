import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getAttribute, setAttribute } from '../../../linux/attributes.js';
import { ownAttribute } from '../../../service/images/pristine/record.js';
import { digestOf } from '../../support/files.js';
import { nothingVouches, signedByUnknownKey } from '../../support/texts/verification.js';
import {
  diskHasChanged,
  hasRecordedDigest,
  listsAndIsSigned,
  recordIsOfArchive,
  recordIsOfEncoded,
  serverListsOther,
} from '../../support/texts/verify.js';
import { flipByte, VerifyScene, verdicts } from './scene.js';

// Pristine downloads that are named directly.

type Download = ['pull-raw' | 'pull-tar', file: string];

/** A pristine download alone, and the name that it is verified by. */
async function openWith(
  t: TestContext,
  [verb, file]: Download,
): Promise<{ scene: VerifyScene; name: string; path: string } | undefined> {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return undefined;
  await scene.pull(verb, file, 'image');
  const fileName = scene.pristine(verb === 'pull-raw' ? '.raw' : '');
  return { scene, name: fileName.replace(/\.raw$/, ''), path: scene.image(fileName) };
}

test('a byte that was flipped in a pristine download is found, with exit status 6', async (t) => {
  const opened = await openWith(t, ['pull-raw', 'tiny.raw']);
  if (opened === undefined) return;
  const { scene, name, path } = opened;
  const recorded = digestOf(path);
  const before = await scene.verify(name, '--online');
  assert.deepEqual([before.status, before.verdict, verdicts(before)], [0, 'good', ['pristine good', 'server good']]);
  assert.equal(before.checks[0]?.message, hasRecordedDigest('pristine download', recorded));
  flipByte(path, 3_000_000);
  const after = await scene.verify(name);
  assert.deepEqual([after.status, after.verdict], [6, 'bad']);
  const said = await scene.host.ferryctl(['verify', name]);
  assert.match(
    said.stdout,
    /: has changed, or is not trusted\n {2}pristine {2}bad {6}The pristine download has changed: /,
  );
  const found = digestOf(path);
  const [check] = after.checks;
  assert.deepEqual(check, {
    kind: 'pristine',
    verdict: 'bad',
    message: diskHasChanged('pristine download', found, recorded),
    subject: path,
    expected: recorded,
    found,
    signedBy: null,
  });
});

test('a pristine download that was shortened is bad too: its record says that it was stored as it came', async (t) => {
  const opened = await openWith(t, ['pull-raw', 'tiny.raw']);
  if (opened === undefined) return;
  const { scene, name, path } = opened;
  writeFileSync(path, readFileSync(path).subarray(0, 1_000_000));
  const verified = await scene.verify(name);
  assert.deepEqual([verified.status, verified.checks[0]?.verdict], [6, 'bad']);
});

const incomparable: [Download, message: string][] = [
  [['pull-raw', 'tiny.raw.gz'], recordIsOfEncoded('pristine download')],
  [['pull-tar', 'tiny.tar'], recordIsOfArchive],
];
for (const [download, message] of incomparable) {
  test(`of ${download[1]} verify says that its bytes cannot be compared, and what can be known all the same`, async (t) => {
    const opened = await openWith(t, download);
    if (opened === undefined) return;
    const verified = await opened.scene.verify(opened.name, '--online');
    assert.deepEqual(verdicts(verified), ['pristine unknown', 'server good']);
    assert.equal(verified.checks[0]?.message, message);
    assert.deepEqual([verified.status, verified.verdict], [0, 'good']);
  });
}

const notBelieved = 'Cannot verify the pristine download';
const records: [what: string, change: (path: string) => void, expected: readonly [status: number, message: RegExp]][] =
  [
    [
      'whose record was changed is bad',
      (path) => {
        const record = JSON.parse(getAttribute(path, ownAttribute('verification'))?.toString() ?? '');
        const changed = {
          ...record,
          sha256: record.sha256.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0')),
        };
        setAttribute(path, ownAttribute('verification'), Buffer.from(JSON.stringify(changed)));
      },
      [6, /^The pristine download has changed: /],
    ],
    [
      'whose record is damaged is told of, and the record not believed',
      (path) => setAttribute(path, ownAttribute('verification'), Buffer.from('{"sha256":')),
      [16, new RegExp(`^${notBelieved}: its record is damaged; pull it again$`)],
    ],
    [
      'that was made writable has no record that counts',
      (path) => chmodSync(path, 0o644),
      [16, new RegExp(`^${notBelieved}: it was made writable, so its record does not count; pull it again$`)],
    ],
    [
      'without a record says so',
      (path) => {
        writeFileSync(`${path}.new`, readFileSync(path), { mode: 0o444 });
        renameSync(`${path}.new`, path);
      },
      [16, new RegExp(`^${notBelieved}: it has no record, like those of systemd-importd; pull it again$`)],
    ],
  ];
for (const [what, change, [status, message]] of records) {
  test(`a pristine download ${what}`, async (t) => {
    const opened = await openWith(t, ['pull-raw', 'tiny.raw']);
    if (opened === undefined) return;
    change(opened.path);
    const verified = await opened.scene.verify(opened.name);
    assert.match(verified.checks[0]?.message ?? '', message);
    assert.equal(verified.status, status);
  });
}

/** Changes what the server has, or the keyring, after a pull. */
const servers: [what: string, change: (scene: VerifyScene) => void, verdict: string, message: RegExp][] = [
  [
    'that has not changed vouches for the download',
    () => {},
    'good',
    new RegExp(`^${listsAndIsSigned('SHA256SUMS', 'key [0-9A-F]{16} \\(Release <release@example.com>\\)')}$`),
  ],
  [
    'that lists another digest by now speaks against it',
    (scene) => {
      flipByte(join(scene.release.path, 'tiny.raw'), 0);
      scene.release.writeSums();
      scene.sign();
    },
    'bad',
    new RegExp(`^${serverListsOther('SHA256SUMS', '[0-9a-f]{64}', '[0-9a-f]{64}')}$`),
  ],
  [
    'whose list was changed after it was signed speaks against it',
    (scene) => flipByte(join(scene.release.path, 'SHA256SUMS'), 3),
    'bad',
    /^The signature SHA256SUMS\.gpg by key [0-9A-F]{16} \(Release <release@example\.com>\) is not one of SHA256SUMS: /,
  ],
  [
    'that has no list any more leaves it unknown',
    (scene) => {
      for (const name of ['SHA256SUMS', 'SHA256SUMS.gpg']) rmSync(join(scene.release.path, name));
    },
    'unknown',
    new RegExp(`^Cannot verify 'tiny\\.raw': ${nothingVouches('.*').replaceAll(/[()]/g, '\\$&')}$`),
  ],
  [
    'whose signer is in no keyring any more leaves it unknown',
    (scene) => scene.trust(scene.keys.export([scene.keys.createKey('Other <other@example.com>')])),
    'unknown',
    new RegExp(`^Cannot verify 'tiny\\.raw': SHA256SUMS\\.gpg ${signedByUnknownKey('[0-9A-F]{16}')} \\(`),
  ],
  [
    'whose signer has been revoked since speaks against it',
    (scene) => {
      scene.keys.revoke(scene.signer);
      scene.trust(scene.keys.export([scene.signer]));
    },
    'bad',
    /^SHA256SUMS\.gpg is signed by key [0-9A-F]{16} \(Release <release@example\.com>\), which was revoked/,
  ],
  [
    'whose signer has expired since speaks against it',
    (scene) => {
      scene.keys.gpg(['--faked-system-time', '20200201T000000!', '--quick-set-expire', scene.signer.fingerprint, '1d']);
      scene.trust(scene.keys.export([scene.signer]));
    },
    'bad',
    /^SHA256SUMS\.gpg is signed by key [0-9A-F]{16} \(Release <release@example\.com>\), which expired/,
  ],
];
for (const [what, change, verdict, message] of servers) {
  test(`a server ${what}`, async (t) => {
    const opened = await openWith(t, ['pull-raw', 'tiny.raw']);
    if (opened === undefined) return;
    change(opened.scene);
    const verified = await opened.scene.verify(opened.name, '--online');
    const check = verified.checks.find(({ kind }) => kind === 'server');
    assert.equal(check?.verdict, verdict, check?.message);
    assert.match(check?.message ?? '', message);
    assert.equal(verified.status, verdict === 'bad' ? 6 : 0);
  });
}

test('a server that is gone leaves the download unknown, and the pristine one good', async (t) => {
  const opened = await openWith(t, ['pull-raw', 'tiny.raw']);
  if (opened === undefined) return;
  await opened.scene.server[Symbol.asyncDispose]();
  const verified = await opened.scene.verify(opened.name, '--online');
  assert.deepEqual(verdicts(verified), ['pristine good', 'server unknown']);
  assert.match(verified.checks[1]?.message ?? '', /^Cannot verify 'tiny\.raw': /);
});
