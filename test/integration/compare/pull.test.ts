import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import type { CompareOptions } from '../../support/images/compare-trees.js';
import { makeDisk, makeTree, packWithTar } from '../../support/images/sources.js';
import { type Contest, onEachContest } from '../../support/peer/contest.js';
import { peer } from '../../support/peer/peer.js';
import { type Nginx, nginx } from '../../support/servers/nginx.js';

/** The record of verification, which systemd does not keep (differences.md: what is in the cache is not verified twice). */
const noRecord: CompareOptions = { ignoreAttribute: (name) => name.includes('.ferry.') };

/**
 * The differences that are meant (differences.md): a sidecar is 0644 like its image, whether it was copied or moved there; the
 * root of a copied tree keeps its time; a converted disk has the time and origin of what was downloaded.
 */
function isMeant(line: string): boolean {
  if (/^(image|other)\.(nspawn|roothash|roothash\.p7s|verity): mode 644 instead of (444|664)$/.test(line)) return true;
  if (/^(image|other): mtime 1677906367123456789 instead of/.test(line)) return true;
  if (/(mtime 1600000000000000000|crtime_usec 0000a40731af0500) instead of/.test(line)) return true;
  return /user\.source_(url|etag) \w+ instead of undefined$/.test(line);
}

function unexpected(contest: Contest): string[] {
  return contest.differences(noRecord).filter((line) => !isMeant(line));
}

/** A server with an archive and a disk, what belongs to the disk, and checksums of all. */
async function serve(t: TestContext, contest: Contest): Promise<Nginx> {
  const path = contest.file('served');
  mkdirSync(path);
  packWithTar(makeTree(contest.file('tree')), join(path, 'tree.tar'));
  makeDisk(join(path, 'disk.raw'));
  shell('cp --sparse=always "$1/disk.raw" "$1/whole.raw"; truncate -s %64K "$1/whole.raw"', [path]);
  run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', join(path, 'whole.raw'), join(path, 'disk.qcow2')]);
  shell(
    'cd "$1"; xz -k tree.tar disk.raw; echo "[Exec]" | tee tree.nspawn >disk.nspawn; sha256sum <disk.raw | cut -c-64 >disk.roothash; printf "0\\003\\002\\001\\005" >disk.roothash.p7s; printf "verity\\000\\000" >disk.verity',
    [path],
  );
  for (const name of readdirSync(path)) utimesSync(join(path, name), 1_600_000_000, 1_600_000_000);
  shell('cd "$1"; sha256sum * >SHA256SUMS', [path]);
  return await nginx(t, path);
}

interface Case {
  form: 'tar' | 'raw';
  file: string;
  options: string[];
  /** Done twice, to a second name. */
  twice?: boolean;
}

const cases: Case[] = [
  { form: 'tar', file: 'tree.tar', options: [] },
  { form: 'tar', file: 'tree.tar.xz', options: [], twice: true },
  { form: 'tar', file: 'tree.tar', options: ['--keep-download=no'] },
  { form: 'tar', file: 'tree.tar', options: ['--read-only'] },
  { form: 'tar', file: 'tree.tar', options: ['--class=portable'] },
  { form: 'raw', file: 'disk.raw', options: [] },
  { form: 'raw', file: 'disk.raw.xz', options: [], twice: true },
  { form: 'raw', file: 'disk.raw', options: ['--keep-download=no'] },
  { form: 'raw', file: 'disk.raw', options: ['--read-only'] },
  { form: 'raw', file: 'disk.raw?x=%20y&z=1', options: [] },
  { form: 'raw', file: 'disk.qcow2', options: [] },
  { form: 'raw', file: 'disk.raw', options: ['--class=sysext'] },
  { form: 'raw', file: 'disk.raw', options: ['--class=confext', '--keep-download=yes'] },
  { form: 'raw', file: `disk.raw?${'long'.repeat(60)}`, options: [] },
  { form: 'tar', file: `tree.tar?${'long'.repeat(60)}`, options: [] },
];

test('pulls leave the same names, contents, attributes, times, modes and marks', async (t) => {
  await onEachContest(t, async (t, contest) => {
    await using server = await serve(t, contest);
    for (const { form, file, options, twice } of cases) {
      await t.test([`pull-${form}`, file.slice(0, 30), ...options, twice ? 'twice' : ''].join(' '), async () => {
        contest.clear();
        const url = `${server.url}/${file}`;
        const names = twice ? ['image', 'other'] : ['image'];
        for (const name of names) await contest.both('pull', form, [url, name], ['--verify=checksum', ...options]);
        assert.deepEqual(unexpected(contest), []);
      });
    }
  });
});

test('only the pristine download with the name -', async (t) => {
  await onEachContest(
    t,
    async (t, contest) => {
      await using server = await serve(t, contest);
      await contest.both('pull', 'raw', [`${server.url}/disk.raw`, '-'], ['--verify=checksum']);
      assert.deepEqual(unexpected(contest), []);
    },
    ['ext4'],
  );
});

test('what systemd-pull has cached is used, where it was never verified less than it is to be', async (t) => {
  await onEachContest(
    t,
    async (t, contest) => {
      await using server = await serve(t, contest);
      const url = `${server.url}/disk.raw`;
      assert.equal(peer('pull', `--image-root=${contest.ours}`, '--verify=no', 'raw', url, 'theirs').status, 0);
      const requests = async () =>
        (await server.accessLog()).filter((line) => line.includes(' /disk.raw ')).map((line) => line.split(' ')[2]);
      const cached = await contest.host.ferryctl(['pull-raw', '--verify=no', url, 'first']);
      assert.equal(cached.status, 0, cached.stderr);
      assert.deepEqual(await requests(), ['200', '304']);
      const verified = await contest.host.ferryctl(['pull-raw', '--verify=checksum', url, 'second']);
      assert.equal(verified.status, 0, verified.stderr);
      assert.deepEqual(await requests(), ['200', '304', '200']);
    },
    ['ext4'],
  );
});
