import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ByteSink } from '../../../../../service/formats/bytes.js';
import type { BlockThreadRequest } from '../../../../../service/formats/compression/block-encoder.js';
import { openEncoder } from '../../../../../service/formats/compression/encoder.js';
import { sha256 } from '../../../../support/files.js';
import { needs } from '../../../../support/needs.js';

const entry = new URL('../../../../../service/processes/decode/encode-blocks.js', import.meta.url);

function startThread(workerData: BlockThreadRequest): void {
  new Worker(entry, { workerData }).unref();
}

/** Writes in pieces of odd sizes, as a pipe would give them. */
function encode(format: 'gzip' | 'bzip2', data: Buffer, start = startThread): Buffer {
  const parts: Buffer[] = [];
  const sink: ByteSink = {
    write: (buffer, offset, length) => void parts.push(Buffer.from(buffer.subarray(offset, offset + length))),
  };
  using encoder = openEncoder(format, sink, { threads: 2, startThread: start });
  for (let position = 0; position < data.length; position += 77_777) {
    encoder.write(data, position, Math.min(77_777, data.length - position));
  }
  encoder.finish();
  return Buffer.concat(parts);
}

const mixed = Buffer.concat(
  Array.from({ length: 9 }, (_, part) => (part % 2 ? randomBytes(400_000) : Buffer.alloc(500_000, part))),
);
const samples: readonly [name: string, data: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['exactly one block of gzip', randomBytes(1024 * 1024)],
  ['exactly one block of bzip2', randomBytes(900_000)],
  ['one byte more than two blocks', Buffer.alloc(2 * 1024 * 1024 + 1, 'ferry')],
  ['more blocks than threads', mixed],
];

for (const format of ['gzip', 'bzip2'] as const) {
  for (const [name, data] of samples) {
    test(`${format} on several threads: ${name}`, (t) => {
      if (!needs(t, { programs: [format] })) return;
      const encoded = encode(format, data);
      const decoded = spawnSync(format, ['-dc'], { input: encoded, maxBuffer: 1 << 28 });
      assert.equal(decoded.stderr.toString(), '');
      assert.equal(decoded.status, 0);
      assert.equal(sha256(decoded.stdout), sha256(data));
      assert.ok(encode(format, data).equals(encoded), 'the same data give the same file');
    });
  }
}

/** A thread that notifies all the time, as the notification for a block may come late, after the next block was given. */
function disturber(control: SharedArrayBuffer): Worker {
  const program = `const { workerData } = require('node:worker_threads');
    const control = new Int32Array(workerData);
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) { Atomics.notify(control, 0); Atomics.wait(never, 0, 0, 0.2); }`;
  return new Worker(program, { eval: true, workerData: control });
}

for (const format of ['gzip', 'bzip2'] as const) {
  test(`${format} on several threads: a late notification is not mistaken for the end of a block`, async (t) => {
    if (!needs(t, { programs: [format] })) return;
    const disturbers: Worker[] = [];
    const start = (request: BlockThreadRequest): void => {
      disturbers.push(disturber(request.control));
      startThread(request);
    };
    t.after(() => Promise.all(disturbers.map((thread) => thread.terminate())));
    const data = randomBytes(8 * 1024 * 1024);
    const decoded = spawnSync(format, ['-dc'], { input: encode(format, data, start), maxBuffer: 1 << 28 });
    assert.equal(decoded.stderr.toString(), '');
    assert.ok(decoded.stdout.equals(data));
  });
}
