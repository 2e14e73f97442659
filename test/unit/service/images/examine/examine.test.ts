import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { getAttribute, setAttribute } from '../../../../../linux/attributes.js';
import { examineImage } from '../../../../../service/images/examine/examine.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { writeRecord } from '../../../../../service/images/pristine/record.js';
import {
  type NewProvenance,
  provenanceAttribute,
  writeProvenance,
} from '../../../../../service/images/provenance/provenance.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import {
  diskHasChanged,
  hasRecordedDigest,
  recordIsOfEncoded,
  writableHasChanged,
} from '../../../../support/texts/verify.js';

const key = Buffer.alloc(32, 7);
const content = Buffer.alloc(300_000, 1);
const sha256 = createHash('sha256').update(content).digest('hex');
const url = 'https://example.com/a.raw';
const pristineFile = '.raw-https:\\x2f\\x2fexample\\x2ecom\\x2fa\\x2eraw.raw';
const pulled = { url, sha256, bytes: content.length, verification: 'checksum', operation: 'pull', uid: 0 } as const;

/** An image directory; undefined where records have no place. */
class Directory {
  readonly path: string;
  readonly file: (name: string) => string;

  constructor(t: TestContext) {
    const { path, file } = temporaryDirectory(t);
    [this.path, this.file] = [path, file];
  }

  /** Does something with an open file or directory. */
  with<Result>(name: string, action: (descriptor: number) => Result): Result {
    const descriptor = openSync(this.file(name), 'r');
    try {
      return action(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Places a disk, read-only, with its record. False where that has no place. */
  place(name = 'image.raw', provenance: NewProvenance = { ...pulled, pristine: this.file(pristineFile) }): boolean {
    writeFileSync(this.file(name), content);
    const isRecorded = this.with(name, (descriptor) => writeProvenance(descriptor, provenance, key, true));
    chmodSync(this.file(name), 0o444);
    return isRecorded;
  }

  /** Keeps a pristine download, of other content if given. */
  keep(bytes = content): void {
    writeFileSync(this.file(pristineFile), bytes);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const verified = { sha256: digest, bytes: bytes.length, verification: 'checksum', url, time: 1 } as const;
    const unknown = { sha512: undefined, signedBy: undefined, etag: undefined };
    writeRecord(this.file(pristineFile), { ...verified, ...unknown, asTransferred: true });
    chmodSync(this.file(pristineFile), 0o444);
  }

  /** What is found, a line for each check. */
  examine(name = 'image', withKey: Buffer | undefined = key): string[] {
    const host = imageHost('user', { HOME: this.path, XDG_RUNTIME_DIR: this.path });
    const options = { imageClass: 'machine', host, root: this.path, key: withKey, onProgress: () => {} } as const;
    return examineImage(name, options).checks.map(({ kind, verdict, message }) => `${kind} ${verdict}: ${message}`);
  }
}

function scene(t: TestContext, provenance?: NewProvenance): Directory | undefined {
  const directory = new Directory(t);
  if (directory.place('image.raw', provenance)) return directory;
  t.skip('needs a file system that keeps attributes and times of birth');
  return undefined;
}

/** Other content, with the time of before. */
function overwrite(path: string): void {
  const descriptor = openSync(path, 'r');
  const { atime, mtime } = fstatSync(descriptor);
  closeSync(descriptor);
  chmodSync(path, 0o644);
  const bytes = Buffer.from(readFileSync(path));
  bytes[1000] = 2;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}

const authentic = 'record good: The record of the image, which was pulled, is authentic';
const nothingCompared = 'nothing can be compared';

test('a read-only disk and its pristine download have the recorded digest', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  here.keep();
  assert.deepEqual(here.examine(), [
    authentic,
    `pristine good: ${hasRecordedDigest('pristine download', sha256)}`,
    `image good: ${hasRecordedDigest('image', sha256)}`,
  ]);
});

test('a byte that was flipped in a read-only image is found, whatever its time says', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  here.keep();
  overwrite(here.file('image.raw'));
  chmodSync(here.file('image.raw'), 0o444);
  const found = createHash('sha256')
    .update(readFileSync(here.file('image.raw')))
    .digest('hex');
  assert.equal(here.examine()[2], `image bad: ${diskHasChanged('image', found, sha256)}`);
});

test('of a writable disk that has changed nothing is said to be wrong', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  here.keep();
  chmodSync(here.file('image.raw'), 0o644);
  writeFileSync(here.file('image.raw'), 'short');
  assert.equal(here.examine()[2], `image unknown: ${writableHasChanged}`);
});

test('a record that was changed is told of as forged, and nothing of it is believed', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  here.keep();
  const value = here.with('image.raw', (descriptor) => getAttribute(descriptor, provenanceAttribute()))?.toString();
  const forged = value?.replace('example.com', 'evil.example') ?? '';
  chmodSync(here.file('image.raw'), 0o644);
  setAttribute(here.file('image.raw'), provenanceAttribute(), Buffer.from(forged));
  chmodSync(here.file('image.raw'), 0o444);
  assert.deepEqual(here.examine(), [
    'record bad: The record of where the image came from was forged: it is not believed, and nothing compared',
  ]);
});

test('a record that cannot be read, checked, or that is of another image says so', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  const said = (name: string, withKey?: Buffer) => here.examine(name, withKey ?? key);
  const reason = 'The record cannot be believed, because the key it was written with is gone: nothing can be compared';
  assert.deepEqual(said('image', Buffer.alloc(32, 8)), [`record unknown: ${reason}`]);
  const value = here.with('image.raw', (descriptor) => getAttribute(descriptor, provenanceAttribute()));
  copyFileSync(here.file('image.raw'), here.file('copy.raw'));
  chmodSync(here.file('copy.raw'), 0o644);
  const none = 'The image has no record of where it came from';
  assert.deepEqual(said('copy'), [`record unknown: ${none}: ${nothingCompared}`]);
  setAttribute(here.file('copy.raw'), provenanceAttribute(), value ?? Buffer.alloc(0));
  const other =
    'The record is of another image, from which this one was copied by another program: nothing can be compared';
  assert.deepEqual(said('copy'), [`record unknown: ${other}`]);
  setAttribute(here.file('copy.raw'), provenanceAttribute(), Buffer.from('{'));
  const unread = 'The record of where the image came from cannot be read: nothing can be compared';
  assert.deepEqual(said('copy'), [`record unknown: ${unread}`]);
});

test('without its pristine download an image is compared all the same', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  const image = `image good: ${hasRecordedDigest('image', sha256)}`;
  assert.deepEqual(here.examine(), [authentic, 'pristine unknown: The pristine download of the image is gone', image]);
  here.keep(Buffer.alloc(1000, 3));
  assert.deepEqual(here.examine(), [
    authentic,
    'pristine unknown: The pristine download is a later one than that the image was made of',
    image,
  ]);
  rmSync(here.file(pristineFile));
});

test('an image without a pristine download, of a compressed one, or of none says what cannot be known', (t) => {
  const here = scene(t, { ...pulled, bytes: 7, pristine: undefined });
  if (here === undefined) return;
  assert.deepEqual(here.examine(), [
    authentic,
    'pristine unknown: No pristine download was kept of the image',
    `image unknown: ${recordIsOfEncoded('image')}`,
  ]);
  here.place('own.raw', { operation: 'import', uid: 0 });
  assert.deepEqual(here.examine('own'), [
    'record good: The record of the image, which was imported, is authentic',
    'image unknown: Cannot tell whether the image has changed: its digest was not recorded, because it was not downloaded',
  ]);
  overwrite(here.file('image.raw'));
  writeFileSync(here.file('image.raw'), 'short');
  chmodSync(here.file('image.raw'), 0o444);
  const changed = 'The image has changed since it was placed, though it is read-only; pull it again';
  assert.equal(here.examine()[2], `image bad: ${changed}`);
});

test('of a tree only what the file system tells is known', (t) => {
  const here = scene(t);
  if (here === undefined) return;
  mkdirSync(here.file('tree'));
  here.with('tree', (descriptor) => writeProvenance(descriptor, { ...pulled, pristine: undefined }, key, true));
  const [, , before = ''] = here.examine('tree');
  const reason = 'the record is of the archive the tree was unpacked from';
  const nothingWritten = 'image good: Nothing was written to the image since it was placed';
  assert.ok(
    [`image unknown: Cannot tell whether the image has changed: ${reason}`, nothingWritten].includes(before),
    before,
  );
  utimesSync(here.file('tree'), 1, 1);
  writeFileSync(here.file('tree/new'), '');
  assert.equal(here.examine('tree')[2], `image unknown: ${writableHasChanged}`);
});
