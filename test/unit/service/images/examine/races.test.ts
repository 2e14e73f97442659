import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../../../../common/failure.js';
import { examineImage } from '../../../../../service/images/examine/examine.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { writeProvenance } from '../../../../../service/images/provenance/provenance.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { changedMeanwhile, hasRecordedDigest } from '../../../../support/texts/verify.js';

const key = Buffer.alloc(32, 7);
const content = Buffer.alloc(3 << 20, 1);
const sha256 = createHash('sha256').update(content).digest('hex');
const provenance = {
  url: 'https://example.com/a.raw',
  sha256,
  bytes: content.length,
  verification: 'checksum',
  operation: 'pull',
  uid: 0,
  pristine: undefined,
} as const;

/** Places a disk with its record. Undefined, with the test skipped, where records have no place. */
function place(t: TestContext) {
  const directory = temporaryDirectory(t);
  const image = directory.file('image.raw');
  writeFileSync(image, content);
  const descriptor = openSync(image, 'r');
  const isRecorded = writeProvenance(descriptor, provenance, key, true);
  closeSync(descriptor);
  if (!isRecorded) t.skip('needs a file system that keeps attributes and times of birth');
  const host = imageHost('user', { HOME: directory.path, XDG_RUNTIME_DIR: directory.path });
  /** What is found of the image itself, if something happens once part of it was read. */
  const examine = (meanwhile: () => void = () => {}): [kind: string, verdict: string, message: string][] => {
    let isBegun = false;
    const onProgress = () => {
      if (!isBegun) meanwhile();
      isBegun = true;
    };
    const options = { imageClass: 'machine', host, root: directory.path, key, onProgress } as const;
    return examineImage('image', options).checks.map(({ kind, verdict, message }) => [kind, verdict, message]);
  };
  return isRecorded ? { directory, image, examine } : undefined;
}

const unknown = [['image', 'unknown', changedMeanwhile('image')]];

test('an image that other programs replace, rename or remove while it is verified is not called good', (t) => {
  const ways: [what: string, act: (image: string) => void][] = [
    [
      'replaced',
      (image) => {
        writeFileSync(`${image}.new`, 'another');
        renameSync(`${image}.new`, image);
      },
    ],
    ['renamed', (image) => renameSync(image, `${image}.old`)],
    ['removed', (image) => rmSync(image)],
  ];
  for (const [what, act] of ways) {
    const here = place(t);
    if (here === undefined) return;
    assert.deepEqual(here.examine().at(-1), ['image', 'good', hasRecordedDigest('image', sha256)]);
    assert.deepEqual(
      here.examine(() => act(here.image)),
      unknown,
      what,
    );
  }
});

test('an image that is written to while it is verified is not called good, though the part was read before', (t) => {
  const here = place(t);
  if (here === undefined) return;
  const found = here.examine(() => {
    const descriptor = openSync(here.image, 'r+');
    writeFileSync(descriptor, 'changed');
    closeSync(descriptor);
  });
  assert.deepEqual(found.at(-1), ['image', 'unknown', changedMeanwhile('image')]);
});

/** Renames a file to and fro in another thread, until it is disposed of. */
async function renameToAndFro(path: string): Promise<AsyncDisposable> {
  const code = `const { renameSync } = require('node:fs');
    const { workerData: path, parentPort } = require('node:worker_threads');
    parentPort.postMessage('begun');
    for (;;) { renameSync(path, path + '.away'); renameSync(path + '.away', path); }`;
  const worker = new Worker(code, { eval: true, workerData: path });
  await new Promise((resolve) => worker.once('message', resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

test('an image that comes and goes all the time is good, changed meanwhile, or not there, and nothing else', async (t) => {
  const here = place(t);
  if (here === undefined) return;
  await using _renaming = await renameToAndFro(here.image);
  for (let attempts = 0; attempts < 200; attempts++) {
    try {
      const [kind, verdict, message] = here.examine().at(-1) ?? [];
      const isGood = verdict === 'good' && message === hasRecordedDigest('image', sha256);
      assert.ok(
        isGood || (verdict === 'unknown' && message === changedMeanwhile('image')),
        `${kind} ${verdict} ${message}`,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      assert.equal(error.kind, 'NoSuchImage', error.message);
    }
  }
});
