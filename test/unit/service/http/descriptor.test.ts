import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { fetchDescriptor } from '../../../../service/http/descriptor.js';
import { inputOutputError } from '../../../support/texts/common.js';

const directory = mkdtempSync('/var/tmp/ferry-descriptor-');
after(() => rmSync(directory, { recursive: true }));

const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, 'pattern of seven');
const signal = new AbortController().signal;

async function fetchPath(path: string, onChunk: () => void = () => {}, abort = signal) {
  const fd = openSync(path, 'r');
  const chunks: Buffer[] = [];
  try {
    const outcome = await fetchDescriptor({ descriptor: fd, url: `file://${path}`, signal: abort }, (chunk) => {
      chunks.push(chunk);
      onChunk();
    });
    return { outcome, bytes: Buffer.concat(chunks) };
  } finally {
    closeSync(fd);
  }
}

function file(name: string, content: Buffer | string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  return path;
}

for (const content of [bytes, Buffer.alloc(0), Buffer.from('x')]) {
  test(`a file of ${content.length} bytes`, async () => {
    const path = file('plain', content);
    const fetched = await fetchPath(path);
    assert.equal(fetched.bytes.compare(content), 0);
    const lastModified = new Date(1_000_000_000_000);
    const { length } = content;
    assert.deepEqual(fetched.outcome, {
      kind: 'complete',
      etag: undefined,
      lastModified,
      bytes: length,
      contentLength: length,
      url: `file://${path}`,
    });
  });
}

test('a directory and a device are refused', async () => {
  for (const path of [directory, '/dev/zero']) {
    await assert.rejects(fetchPath(path), {
      message: `file://${path} is not a regular file: a directory or device cannot be downloaded.`,
    });
  }
});

test('a file that shrinks, grows or is written to meanwhile fails', async () => {
  const changes: [string, (path: string) => void, number][] = [
    ['shrinks', (path) => truncateSync(path, 1024 * 1024), 1024 * 1024],
    ['grows', (path) => writeFileSync(path, 'more', { flag: 'a' }), bytes.length + 4],
    ['is rewritten', (path) => utimesSync(path, 1, 1), bytes.length],
  ];
  for (const [name, change, size] of changes) {
    const path = file(name, bytes);
    let isFirst = true;
    const onChunk = () => {
      if (isFirst) change(path);
      isFirst = false;
    };
    await assert.rejects(fetchPath(path, onChunk), {
      message: `file://${path} changed while it was read (${bytes.length} bytes at the start, ${size} at the end): try again.`,
    });
  }
});

test('cancelled', async () => {
  const controller = new AbortController();
  await assert.rejects(
    fetchPath(file('cancelled', bytes), () => controller.abort(), controller.signal),
    (error) => error instanceof Failure && error.kind === 'Cancelled',
  );
});

test('cancelled in a pause of the rate limit: that is told as at any other time', async () => {
  const path = file('paused', bytes);
  const fd = openSync(path, 'r');
  const controller = new AbortController();
  try {
    const request = { descriptor: fd, url: `file://${path}`, signal: controller.signal, limitRate: 1 };
    // The pause begins when the sink has taken a piece, or later.
    await assert.rejects(
      fetchDescriptor(request, () => controller.abort()),
      { kind: 'Cancelled', message: `Reading file://${path} was cancelled.` },
    );
  } finally {
    closeSync(fd);
  }
});

test('a file that cannot be read is told with its URL and where it failed', async () => {
  // It is a regular file for all who ask, and nothing is mapped at its beginning.
  const path = '/proc/self/mem';
  await assert.rejects(fetchPath(path), {
    kind: 'DownloadFailed',
    message: `file://${path} cannot be read at byte 0: ${inputOutputError} (EIO).`,
  });
});
