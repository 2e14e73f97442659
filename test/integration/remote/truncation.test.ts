import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { UserError } from '../../../client/cli/failure.js';
import { Session } from '../../../client/cli/session.js';
import type { Settings } from '../../../client/cli/settings.js';
import { ServiceConnection } from '../../../client/connect/connect.js';
import type { Route } from '../../../client/connect/route.js';
import { openLog } from '../../../client/terminal/log.js';
import { download } from '../../../client/transfer/download.js';
import { openTarget } from '../../../client/transfer/export-target.js';
import { upload } from '../../../client/transfer/upload.js';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitWhile } from '../../support/wait.js';
import { fakeProcessContext } from '../../unit/client/support/process-context.js';

const size = 160 * 1024;
const steps = 16;
const image = randomBytes(size);

/** What becomes of a link after so many bytes of an image. */
type Fate = 'ends' | 'breaks' | 'flips a bit';

/** A connection to the service that loses or spoils what comes after the first NUL and `limit` bytes in one direction. */
class BadLink extends Duplex {
  readonly #socket: ReturnType<typeof connect>;
  readonly #fate: Fate;
  readonly #direction: 'up' | 'down';
  #left: number | undefined;
  readonly #limit: number;

  constructor(path: string, direction: 'up' | 'down', fate: Fate, limit: number) {
    super({ allowHalfOpen: true });
    this.#socket = connect({ path, allowHalfOpen: true });
    this.#direction = direction;
    this.#fate = fate;
    this.#limit = limit;
    this.#socket.on('data', (chunk) => this.#down(chunk)).on('end', () => this.push(null));
    this.#socket.on('error', (error) => this.destroy(error));
    this.on('error', () => {});
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#direction === 'down') this.#socket.write(chunk);
    else this.#pass(chunk, (bytes) => this.#socket.write(bytes));
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #down(chunk: Buffer): void {
    if (this.#direction === 'up') this.push(chunk);
    else this.#pass(chunk, (bytes) => this.push(bytes));
  }

  #pass(chunk: Buffer, forward: (bytes: Buffer) => void): void {
    let image = chunk;
    if (this.#left === undefined) {
      const end = chunk.indexOf(0) + 1;
      if (end === 0) return void forward(chunk);
      forward(chunk.subarray(0, end));
      this.#left = this.#limit;
      image = chunk.subarray(end);
    }
    const good = image.subarray(0, this.#left);
    this.#left -= good.length;
    if (good.length > 0) forward(good);
    if (good.length < image.length) this.#spoil(Buffer.from(image.subarray(good.length)), forward);
  }

  #spoil(rest: Buffer, forward: (bytes: Buffer) => void): void {
    if (this.#fate === 'breaks') return void this.destroy(new UserError('The connection broke.'));
    if (this.#fate === 'ends') return;
    rest[0] = (rest[0] ?? 0) ^ 1;
    this.#left = Number.POSITIVE_INFINITY;
    forward(rest);
  }
}

/** A way on which calls go well and bytes do not. */
function badRoute({ socket }: FerryHost, direction: 'up' | 'down', fate: Fate, limit: number): Route {
  return {
    options: [],
    isLocal: false,
    mayAskUser: false,
    elsewhere: 'a test',
    logPlace: 'nowhere',
    open: async () => new BadLink(socket, direction, fate, limit),
  };
}

async function session(): Promise<Session> {
  const context = fakeProcessContext({ now: Date.now });
  // Nothing of the settings matters to a transfer but whether it is shown.
  return new Session({ quiet: true, askPassword: false } as Settings, context, openLog(context));
}

function connection(host: FerryHost, route: Route): ServiceConnection {
  return new ServiceConnection(route, connect({ path: host.socket, allowHalfOpen: true }));
}

async function* chunks(): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += 10_000) yield image.subarray(at, at + 10_000);
}

const messages: Record<Fate, RegExp> = {
  ends: /^Failed to import image 'cut\d+': The sender sent 163840 bytes .* but \d+ bytes arrived .* nothing was placed\.$/,
  breaks: /^The connection broke\.$/,
  'flips a bit':
    /^Failed to import image 'cut\d+': The sender sent .* but 163840 bytes arrived .* nothing was placed\.$/,
};

for (const fate of ['ends', 'breaks', 'flips a bit'] as const) {
  test(`an upload whose link ${fate} after any sixteenth leaves no image`, async (t) => {
    if (!needsProduct(t) || !needs(t, { root: true })) return;
    await using host = await ferryHost(t);
    for (let step = 0; step < steps; step++) {
      const calls = connection(host, badRoute(host, 'up', fate, (size / steps) * step));
      const parameters = { format: 'raw', class: 'machine', name: `cut${step}`, imageRoot: host.imageRoot } as const;
      await assert.rejects(upload(await session(), calls, parameters, chunks()), { message: messages[fate] });
      await waitWhile(async () => (await calls.transfer.list()).transfers.length > 0);
      assert.deepEqual(host.images(), [], `after ${step} sixteenths`);
      calls.close();
    }
  });

  test(`a download whose link ${fate} after any sixteenth leaves no file`, async (t) => {
    if (!needsProduct(t) || !needs(t, { root: true })) return;
    await using host = await ferryHost(t);
    await using directory = temporaryDirectory(t);
    writeFileSync(join(host.imageRoot, 'disk.raw'), image);
    for (let step = 0; step < steps; step++) {
      const calls = connection(host, badRoute(host, 'down', fate, (size / steps) * step));
      const parameters = { format: 'raw', class: 'machine', name: 'disk', imageRoot: host.imageRoot } as const;
      {
        await using target = await openTarget(directory.file('disk.raw'));
        const message =
          fate === 'breaks'
            ? messages.breaks
            : /^The image did not arrive whole from a test: 163840 bytes \(160K\) with SHA-256 [0-9a-f]{64} were sent, but (\d+ bytes with SHA-256 [0-9a-f]{64} have come|the connection broke before all of them had come)\.$/;
        await assert.rejects(download(await session(), calls, parameters, target), { message });
      }
      assert.deepEqual(readdirSync(directory.path), [], `after ${step} sixteenths`);
      calls.close();
    }
  });
}

test('a link that spoils nothing carries an image both ways', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  await using directory = temporaryDirectory(t);
  const parameters = { format: 'raw', class: 'machine', name: 'disk', imageRoot: host.imageRoot } as const;
  const calls = connection(host, badRoute(host, 'up', 'breaks', size));
  await upload(await session(), calls, parameters, chunks());
  assert.deepEqual(readFileSync(join(host.imageRoot, 'disk.raw')), image);
  await using target = await openTarget(directory.file('disk.raw'));
  await download(await session(), calls, parameters, target);
  await target.commit();
  assert.deepEqual(readFileSync(directory.file('disk.raw')), image);
  calls.close();
});
