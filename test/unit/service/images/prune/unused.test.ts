import assert from 'node:assert/strict';
import { closeSync, cpSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getAttribute, setAttribute } from '../../../../../linux/attributes.js';
import { createTemporaryFile } from '../../../../../service/images/install/temporary.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import { placePristine } from '../../../../../service/images/pristine/pristine.js';
import {
  type NewProvenance,
  provenanceAttribute,
  writeProvenance,
} from '../../../../../service/images/provenance/provenance.js';
import { findDownloads } from '../../../../../service/images/prune/downloads.js';
import { UsedDownloads } from '../../../../../service/images/prune/unused.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const key = Buffer.alloc(32, 7);
const url = 'https://example.com/disk.raw';
const sha256 = 'ab'.repeat(32);
const blank = { etag: undefined, sha512: undefined, bytes: 1, signedBy: undefined, lastModified: undefined } as const;
const pulled: NewProvenance = { ...blank, operation: 'pull', url, sha256, verification: 'no', uid: 0 } as NewProvenance;

function keep(directory: string, origin: { url: string; etag: string }, digest = sha256): string {
  using root = ImageRoot.open(directory, { create: true });
  using temporary = createTemporaryFile(root, 'x');
  const verified = { sha256: digest, sha512: undefined, bytes: 1, verification: 'no', signedBy: undefined } as const;
  const fixed = { lastModified: undefined, sidecars: new Map(), synchronize: false, warn: () => undefined };
  return placePristine({ ...fixed, root, temporary, origin: { format: 'raw', ...origin }, verified }).path;
}

/** A user's directories with one pristine download among the machines. */
function scene(t: TestContext) {
  const { file } = temporaryDirectory(t);
  const host = imageHost('user', { XDG_RUNTIME_DIR: file('run'), XDG_STATE_HOME: file('state'), HOME: '/nonexistent' });
  const [machines, others, portables] = [file('state/machines'), file('run/machines'), file('state/portables')];
  for (const path of [machines, others, portables]) mkdirSync(path, { recursive: true });
  const original = keep(machines, { url, etag: '"1"' });

  /** Makes a disk, or a tree for a name without a suffix, with a record. False where there is no place for records. */
  const place = (path: string, provenance?: Partial<NewProvenance>, withKey = key): boolean => {
    if (path.endsWith('.raw')) writeFileSync(path, 'x');
    else mkdirSync(path, { recursive: true });
    if (provenance === undefined) return true;
    const descriptor = openSync(path, 'r');
    try {
      if (writeProvenance(descriptor, { ...pulled, ...provenance }, withKey, true)) return true;
      t.skip('needs a file system that keeps attributes and times of birth');
      return false;
    } finally {
      closeSync(descriptor);
    }
  };

  const isUsed = (path = original, withKey: Buffer | undefined = key): boolean => {
    const looking = UsedDownloads.find(host, [dirname(path)], withKey);
    let step = looking.next();
    while (step.done !== true) step = looking.next();
    using root = ImageRoot.open(dirname(path));
    const download = findDownloads(root).find((each) => each.original === basename(path));
    assert.ok(download !== undefined);
    return step.value.has(dirname(path), download);
  };
  return { file, machines, others, portables, original, place, isUsed };
}

test('a download is in use while an image names it, wherever that is, and no longer', (t) => {
  const { file, machines, portables, original, place, isUsed } = scene(t);
  assert.equal(isUsed(), false);
  if (!place(join(machines, 'a.raw'), { pristine: original, url: undefined, sha256: undefined })) return;
  assert.equal(isUsed(), true);
  renameSync(join(machines, 'a.raw'), join(machines, 'b.raw'));
  assert.equal(isUsed(), true, 'of another name');
  renameSync(join(machines, 'b.raw'), join(portables, 'b.raw'));
  assert.equal(isUsed(), true, 'in the directory of another class');
  renameSync(join(portables, 'b.raw'), file('elsewhere.raw'));
  assert.equal(isUsed(), false, 'where no image is looked for');
  symlinkSync(file('elsewhere.raw'), join(machines, 'link.raw'));
  assert.equal(isUsed(), true, 'through a link');
  rmSync(file('elsewhere.raw'));
  assert.equal(isUsed(), false, 'a link that leads nowhere');
});

test('a download is named whichever path its directory was given by', (t) => {
  const { file, machines, original, place, isUsed } = scene(t);
  symlinkSync(machines, file('linked'));
  const pristine = join(file('linked'), basename(original));
  if (!place(join(machines, 'a.raw'), { pristine, url: undefined, sha256: undefined })) return;
  assert.equal(isUsed(), true);
  assert.equal(isUsed(pristine), true);
});

test('URL and bytes name a download to images of its own class, also shortened, and to no others', (t) => {
  const { machines, others, portables, place, isUsed } = scene(t);
  if (!place(join(portables, 'a.raw'), {})) return;
  assert.equal(isUsed(), false, 'another class has downloads of its own');
  for (const [directory, provenance, expected] of [
    [machines, {}, true],
    [others, {}, true],
    [machines, { url: `sha256:${'0'.repeat(64)}` }, false],
    [machines, { sha256: undefined }, true],
    [machines, { sha256: 'cd'.repeat(32) }, false],
    [machines, { url: 'https://example.com/other.raw' }, false],
  ] as const) {
    const image = join(directory, 'a.raw');
    place(image, provenance);
    assert.equal(isUsed(), expected, JSON.stringify([directory, provenance]));
    rmSync(image);
  }
});

test('a later download of the same URL is not in use by an image of the earlier one', (t) => {
  const { machines, original, place, isUsed } = scene(t);
  const later = keep(machines, { url, etag: '"2"' }, 'ef'.repeat(32));
  if (!place(join(machines, 'a.raw'), { pristine: original })) return;
  assert.deepEqual([isUsed(original), isUsed(later)], [true, false]);
});

test('an image without a record that is believed keeps every download of its form and class, and of no other', (t) => {
  const { machines, others, portables, place, isUsed } = scene(t);
  place(join(portables, 'disk.raw'));
  place(join(machines, 'tree'));
  assert.equal(isUsed(), false);
  for (const path of [join(machines, 'disk.raw'), join(others, 'disk.raw'), join(machines, 'old.raw.v', 'old_1.raw')]) {
    mkdirSync(dirname(path), { recursive: true });
    place(path);
    assert.equal(isUsed(), true, path);
    rmSync(path);
    assert.equal(isUsed(), false, path);
  }
  if (!place(join(machines, 'foreign.raw'), {}, Buffer.alloc(32, 8))) return;
  assert.equal(isUsed(), true, 'written with another key');
  rmSync(join(machines, 'foreign.raw'));
  place(join(machines, 'import.raw'), { operation: 'import', url: undefined, sha256: undefined });
  assert.equal(isUsed(), false, 'an import');
  assert.equal(isUsed(undefined, Buffer.alloc(0)), true, 'without the right key nothing is believed');
  place(join(machines, 'clone.raw'), { operation: 'clone', url: undefined, sha256: undefined });
  assert.equal(isUsed(), true, 'a clone of one without a record');
});

test('a copy counts as what it was copied from, and a forged record as none', (t) => {
  const { machines, original, place, isUsed } = scene(t);
  if (!place(join(machines, 'a.raw'), { pristine: original })) return;
  cpSync(join(machines, 'a.raw'), join(machines, 'copy.raw'));
  const record = getAttributeOf(join(machines, 'a.raw'));
  give(join(machines, 'copy.raw'), record);
  rmSync(join(machines, 'a.raw'));
  assert.equal(isUsed(), true);
  const other = keep(machines, { url: 'https://example.com/else.raw', etag: '"1"' });
  assert.equal(isUsed(other), false);
  give(join(machines, 'copy.raw'), Buffer.from(record.toString().replace('"uid":0', '"uid":1')));
  assert.equal(isUsed(other), true, 'it may come from anywhere');
});

test('what is not an image keeps no download', (t) => {
  const { machines, place, isUsed } = scene(t);
  for (const name of ['.#ferry-x.raw', '.hidden.raw', 'stack.mstack', 'lost+found']) place(join(machines, name));
  writeFileSync(join(machines, 'disk.nspawn'), '');
  assert.equal(isUsed(), false);
});

function getAttributeOf(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  const value = getAttribute(descriptor, provenanceAttribute());
  closeSync(descriptor);
  return value ?? Buffer.alloc(0);
}

function give(path: string, value: Buffer): void {
  const descriptor = openSync(path, 'r');
  setAttribute(descriptor, provenanceAttribute(), value);
  closeSync(descriptor);
}
