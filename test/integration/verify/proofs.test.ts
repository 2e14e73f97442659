import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { listsAndIsSigned, noneAreKept } from '../../support/texts/verify.js';
import { VerifyScene, verdicts } from './scene.js';

test('the kept files are judged again without the server, with the keys that are trusted now', async (t) => {
  const scene = await VerifyScene.open(t);
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', 'image');
  await scene.server[Symbol.asyncDispose]();
  const fileName = scene.pristine();
  const name = fileName.replace(/\.raw$/, '');
  const kept = scene.image(`${name}.proofs`);
  const archive = readFileSync(kept);
  const { keys, signer } = scene;
  /** Verifies, and gives back what is said of the kept files. */
  const judge = async (verdict: string, status: number) => {
    const verified = await scene.verify(name);
    assert.deepEqual([verdicts(verified), verified.status], [['pristine good', `proofs ${verdict}`], status]);
    return verified.checks[1];
  };
  /** Writes other bytes in the place of some, which are there once. */
  const replace = (from: string, to: string) => {
    const at = archive.indexOf(from);
    assert.ok(at >= 0 && from.length === to.length, from);
    const changed = Buffer.from(archive);
    changed.write(to, at, 'latin1');
    chmodSync(kept, 0o644);
    writeFileSync(kept, changed);
  };

  await t.test('good as long as nothing has changed', async () => {
    const check = await judge('good', 0);
    const key = 'key [0-9A-F]{16} \\(Release <release@example\\.com>\\)';
    assert.match(check?.message ?? '', new RegExp(`^${listsAndIsSigned('SHA256SUMS', key)}$`));
    assert.deepEqual([check?.signedBy, check?.subject], [signer.fingerprint, kept]);
  });
  await t.test('a list that was changed is bad', async () => {
    replace('  tiny.raw\n', '  tiny.rav\n');
    assert.match(
      (await judge('bad', 6))?.message ?? '',
      /^The signature SHA256SUMS\.gpg by .* is not one of SHA256SUMS: /,
    );
  });
  await t.test('an archive that is damaged is bad', async () => {
    replace('proofs.json', 'proofs.jsoo');
    assert.match((await judge('bad', 6))?.message ?? '', /^Cannot read the kept checksum and signature files in /);
  });
  writeFileSync(kept, archive);
  await t.test('a key that is trusted no more leaves them unknown', async () => {
    scene.trust(keys.export([keys.createKey('Other <other@example.com>')]));
    assert.match(
      (await judge('unknown', 0))?.message ?? '',
      /^Cannot verify 'tiny\.raw': SHA256SUMS\.gpg is signed by key /,
    );
  });
  await t.test('a key that has expired since is bad', async () => {
    keys.gpg(['--faked-system-time', '20200201T000000!', '--quick-set-expire', signer.fingerprint, '1d']);
    scene.trust(keys.export([signer]));
    assert.match((await judge('bad', 6))?.message ?? '', /, which expired on 2020-02-02\. /);
  });
  await t.test('a key that was revoked since is bad', async () => {
    keys.revoke(signer);
    scene.trust(keys.export([signer]));
    assert.match((await judge('bad', 6))?.message ?? '', /, which was revoked on /);
  });
  await t.test('without kept files that is said, and what to do', async () => {
    rmSync(kept);
    assert.equal((await judge('unknown', 0))?.message, noneAreKept);
  });
});
