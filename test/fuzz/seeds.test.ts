import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../common/failure.js';
import { convertQcow2 } from '../../service/formats/qcow2/convert.js';
import { ArchiveReader } from '../../service/formats/tar/archive.js';
import { disks } from '../corpus/disks.js';
import { odd } from '../corpus/odd.js';
import { tars } from '../corpus/tars.js';
import { needs } from '../support/needs.js';
import { temporaryDirectory } from '../support/temporary.js';
import { MemorySource } from '../unit/service/formats/tar/unpacking.js';
import { keptSeeds } from './seeds.js';

// What was found by fuzzing, and what was made by hand, read by us and by the programs that everybody has.

/** What an action gives back; undefined if the input is refused. */
function unlessRefused<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function namesIn(archive: Buffer): string[] {
  const reader = new ArchiveReader(new MemorySource(archive));
  const names: string[] = [];
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) names.push(entry.path);
  return names;
}

const clean = (name: string) =>
  name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');

/** Where GNU tar means something else, and we know why. */
function isKnownDifference(archive: Buffer, warnings: string): boolean {
  const types = Array.from({ length: Math.floor(archive.length / 512) }, (_, index) => archive[index * 512 + 156]);
  return (
    // A name in a global header would be that of all entries: we leave it out.
    types.includes(0x67) ||
    // The label of a volume is no entry.
    types.includes(0x56) ||
    // An empty value in an extended header takes the value away (pax(1)), so that of the header counts.
    warnings.includes('Substituting')
  );
}

test('archives have the same entries for us as for GNU tar, where both can read them', (t) => {
  if (!needs(t, { programs: ['tar'] })) return;
  let compared = 0;
  for (const archive of [...odd.map(({ bytes }) => bytes), ...Object.values(tars), ...keptSeeds('tar')]) {
    const names = unlessRefused(() => namesIn(archive));
    if (!names || names.some((name) => name.includes('\n'))) continue;
    const parameters = ['--list', '--absolute-names', '--quoting-style=literal', '--file', '-'];
    const { status, stdout, stderr } = spawnSync('tar', parameters, {
      input: archive,
      env: { ...process.env, LC_ALL: 'C' },
    });
    if (status !== 0 || isKnownDifference(archive, String(stderr))) continue;
    assert.deepEqual(stdout.toString('latin1').split('\n').slice(0, -1).map(clean), names, archive.toString('latin1'));
    compared++;
  }
  assert.ok(compared > 300, `only ${compared} could be compared`);
});

test('disks are the same to us as to qemu-img, where both can read them', async (t) => {
  if (!needs(t, { programs: ['qemu-img'] })) return;
  await using directory = temporaryDirectory(t);
  const [image, ours, theirs] = [directory.file('image'), directory.file('ours'), directory.file('theirs')];
  let compared = 0;
  for (const disk of [...Object.values(disks), ...keptSeeds('qcow2')]) {
    writeFileSync(image, disk);
    const [source, target] = [openSync(image, 'r'), openSync(ours, 'w+')];
    const written = unlessRefused(() => convertQcow2(source, target, { sizeMax: 1 << 20 }));
    closeSync(source);
    closeSync(target);
    // qemu-img counts in sectors.
    if (!written || written.size > 16 * 1024 * 1024 || written.size % 512 !== 0) continue;
    const { status } = spawnSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, theirs], {
      stdio: 'ignore',
    });
    if (status !== 0) continue;
    assert.ok(readFileSync(theirs).equals(readFileSync(ours)), `as base64: ${disk.toString('base64')}`);
    compared++;
  }
  assert.ok(compared > 50, `only ${compared} could be compared`);
});
