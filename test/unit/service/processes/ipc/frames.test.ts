import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { pipe } from '../../../../../linux/process.js';
import { FrameReader, FrameWriter } from '../../../../../service/processes/ipc/frames.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { isFailure } from '../../transfers/samples.js';

/** What a writer writes, as bytes. */
function written(t: TestContext, write: (writer: FrameWriter) => void): Buffer {
  const path = temporaryDirectory(t).file('frames');
  const descriptor = openSync(path, 'w');
  write(new FrameWriter(descriptor, 'placement'));
  closeSync(descriptor);
  return readFileSync(path);
}

/** Reads bytes as a placement process would, in reads of at most `size` bytes. */
function readBack(t: TestContext, bytes: Buffer, size: number): { parts: [string, string][]; received: number } {
  const path = temporaryDirectory(t).file('frames');
  writeFileSync(path, bytes);
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  const reader = new FrameReader(descriptor, 'decode');
  const parts: [string, string][] = [];
  for (let name = reader.nextPart(); name !== undefined; name = reader.nextPart())
    parts.push([name, textOf(reader, size)]);
  return { parts, received: reader.received };
}

function textOf(reader: FrameReader, size: number): string {
  const buffer = Buffer.alloc(size + 3);
  let text = '';
  for (let count = reader.read(buffer, 3, size); count > 0; count = reader.read(buffer, 3, size))
    text += buffer.toString('latin1', 3, 3 + count);
  return text;
}

function writeSample(writer: FrameWriter): void {
  writer.beginPart('image');
  writer.write(Buffer.from('xxhello'), 2, 5);
  writer.write(Buffer.from('ignored'), 3, 0);
  writer.write(Buffer.from(' world'), 0, 6);
  writer.endPart();
  writer.beginPart('.roothash');
  writer.endPart();
  writer.beginPart('.nspawn');
  writer.write(Buffer.from('[Exec]'), 0, 6);
  writer.endPart();
  writer.end();
}

const sample: [string, string][] = [
  ['image', 'hello world'],
  ['.roothash', ''],
  ['.nspawn', '[Exec]'],
];

/** Data, many zeros, and data again, as of a disk. */
function sparseContent(): Buffer {
  const content = Buffer.alloc(300_000);
  content.write('begin', 0);
  content.write('end', content.length - 3);
  return content;
}

test('zeros do not travel, and come back', (t) => {
  const content = sparseContent();
  const bytes = written(t, (writer) => {
    writer.beginPart('image');
    writer.write(content, 0, content.length);
    assert.equal(writer.written, content.length);
    writer.endPart();
    writer.end();
  });
  assert.ok(bytes.length < 40_000, `${bytes.length} bytes`);
  const { parts, received } = readBack(t, bytes, 1000);
  assert.equal(received, content.length);
  assert.equal(parts[0]?.[1], content.toString('latin1'));
});

test('zeros that came as such can be skipped', (t) => {
  const content = sparseContent();
  const path = temporaryDirectory(t).file('frames');
  const bytes = written(t, (writer) => {
    writer.beginPart('image');
    writer.write(content, 0, content.length);
    writer.endPart();
    writer.end();
  });
  writeFileSync(path, bytes);
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  const reader = new FrameReader(descriptor, 'decode');
  assert.equal(reader.nextPart(), 'image');
  let position = 0;
  const seen = Buffer.alloc(content.length);
  for (;;) {
    position += reader.skipZeros();
    const count = reader.read(seen, position, content.length - position);
    if (count === 0) break;
    position += count;
  }
  assert.equal(position, content.length);
  assert.equal(reader.received, content.length);
  assert.deepEqual(seen, content);
});

test('zeros of no length are no frame', (t) => {
  const path = temporaryDirectory(t).file('frames');
  writeFileSync(path, Buffer.of(1, 0, 0, 0, 0x69, 0, 0, 0, 0x80));
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  const reader = new FrameReader(descriptor, 'decode');
  assert.equal(reader.nextPart(), 'i');
  assert.throws(() => reader.read(Buffer.alloc(8), 0, 8), isFailure('WorkerFailed'));
});

for (const size of [1, 4, 5, 1 << 16]) {
  test(`parts come back as they were sent, read ${size} bytes at a time`, (t) => {
    const bytes = written(t, (writer) => {
      writeSample(writer);
      assert.equal(writer.written, 17);
    });
    assert.deepEqual(readBack(t, bytes, size), { parts: sample, received: 17 });
  });
}

test('the layout is the one that is documented', (t) => {
  const bytes = written(t, (writer) => {
    writer.beginPart('ab');
    writer.write(Buffer.from('xyz'), 0, 3);
    writer.endPart();
    writer.end();
  });
  assert.equal(bytes.toString('hex'), '02000000616203000000' + '78797a0000000000000000');
});

test('an end at any byte but the last one is no end', (t) => {
  const bytes = written(t, writeSample);
  for (let length = 0; length < bytes.length; length += 1) {
    const cut = () => readBack(t, bytes.subarray(0, length), 64);
    assert.throws(
      cut,
      isFailure(
        'WorkerFailed',
        /^The process that sends the bytes ended before it had sent all of them; nothing was placed$/,
      ),
      `${length}`,
    );
  }
});

test('what is left of a part is skipped by the next one, and counted', (t) => {
  const path = temporaryDirectory(t).file('frames');
  writeFileSync(path, written(t, writeSample));
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  const reader = new FrameReader(descriptor, 'decode');
  assert.equal(reader.nextPart(), 'image');
  assert.equal(reader.read(Buffer.alloc(2), 0, 2), 2);
  assert.equal(reader.nextPart(), '.roothash');
  assert.equal(reader.nextPart(), '.nspawn');
  assert.equal(reader.nextPart(), undefined);
  assert.equal(reader.received, 17);
});

test('after the end of a part a reader gives nothing, not the next part', (t) => {
  const path = temporaryDirectory(t).file('frames');
  writeFileSync(path, written(t, writeSample));
  const descriptor = openSync(path, 'r');
  t.after(() => closeSync(descriptor));
  const reader = new FrameReader(descriptor, 'decode');
  const buffer = Buffer.alloc(64);
  assert.equal(reader.read(buffer, 0, 64), 0);
  reader.nextPart();
  assert.equal(textOf(reader, 64), 'hello world');
  assert.equal(reader.read(buffer, 0, 64), 0);
  assert.equal(reader.nextPart(), '.roothash');
});

test('a name that is too long is refused, not allocated', (t) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(0xffff_ffff, 0);
  assert.throws(() => readBack(t, bytes, 64), isFailure('WorkerFailed'));
});

test('a frame that is larger than the pipe goes through in pieces', async () => {
  const { readEnd, writeEnd } = pipe(4096);
  const { Worker } = await import('node:worker_threads');
  const script = `const { workerData: [frames, end] } = require('node:worker_threads');
    import(frames).then(({ FrameWriter }) => {
      const writer = new FrameWriter(end, 'placement');
      writer.beginPart('image'); writer.write(Buffer.alloc(300000, 'a'), 0, 300000); writer.endPart(); writer.end();
    });`;
  const frames = new URL('../../../../../service/processes/ipc/frames.js', import.meta.url).href;
  const worker = new Worker(script, { eval: true, workerData: [frames, writeEnd], trackUnmanagedFds: false });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  const reader = new FrameReader(readEnd, 'decode');
  assert.equal(reader.nextPart(), 'image');
  assert.equal(textOf(reader, 65536), 'a'.repeat(300_000));
  assert.equal(reader.nextPart(), undefined);
  await exited;
  closeSync(readEnd);
  closeSync(writeEnd);
});

test('a writer whose reader is gone is told so', () => {
  const { readEnd, writeEnd } = pipe();
  closeSync(readEnd);
  assert.throws(
    () => new FrameWriter(writeEnd, 'placement').beginPart('image'),
    isFailure(
      'WorkerFailed',
      /^The process that takes the bytes ended before it had taken all of them; nothing was placed$/,
    ),
  );
  assert.throws(() => writeSync(writeEnd, 'x'), { code: 'EPIPE' });
  closeSync(writeEnd);
});

test('a pipe that ends within a frame is no end of the part, at whichever read', () => {
  const { readEnd, writeEnd } = pipe();
  const bytes = Buffer.from([5, 0, 0, 0, ...Buffer.from('image'), 10, 0, 0, 0, 1, 2, 3]);
  writeSync(writeEnd, bytes);
  closeSync(writeEnd);
  const reader = new FrameReader(readEnd, 'decode');
  assert.equal(reader.nextPart(), 'image');
  const buffer = Buffer.alloc(10);
  assert.equal(reader.read(buffer, 0, 10), 3);
  for (let count = 0; count < 2; count++) assert.throws(() => reader.read(buffer, 0, 10), { kind: 'WorkerFailed' });
  closeSync(readEnd);
});
