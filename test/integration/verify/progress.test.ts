import assert from 'node:assert/strict';
import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImageClient } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { writeRecord } from '../../../service/images/pristine/record.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { findWorker, untilGone } from '../../support/service/workers.js';

/** A hole that takes longer to hash than anything here waits. */
const size = 2 ** 40;

test('verify tells how far it has come, and hanging up ends the process that reads', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const name = '.raw-http:\\x2f\\x2fh\\x2fa\\x2eraw';
  const path = join(host.imageRoot, `${name}.raw`);
  writeFileSync(path, '');
  truncateSync(path, size);
  const unknown = { sha512: undefined, signedBy: undefined, etag: undefined };
  const record = { sha256: '0'.repeat(64), bytes: size, verification: 'no', url: 'http://h/a.raw', time: 1 } as const;
  if (!writeRecord(path, { ...record, ...unknown, asTransferred: true })) {
    t.skip('needs a file system that keeps attributes');
    return;
  }
  chmodSync(path, 0o444);
  const client = await VarlinkClient.connect(`unix:${host.socket}`);
  const images = new ImageClient(client);
  let reader: number | undefined;
  for await (const { verdict, checks, progress } of images.verifyMore({
    class: 'machine',
    name,
    imageRoot: host.imageRoot,
  })) {
    assert.deepEqual([verdict, checks, progress?.bytesTotal], [null, null, size]);
    if (Number(progress?.bytesDone) === 0) continue;
    reader = await findWorker(host.service.pid ?? 0, 'manage');
    // Leaving the loop closes the connection.
    break;
  }
  assert.ok(reader);
  await untilGone([reader]);
});
