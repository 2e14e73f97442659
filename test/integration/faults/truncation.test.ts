import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { pump } from '../../../client/bridge.js';
import { Failure } from '../../../common/failure.js';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { imageHost } from '../../../service/images/layout/host.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { FrameReader, FrameWriter } from '../../../service/processes/ipc/frames.js';
import type { NewImage } from '../../../service/processes/ipc/messages.js';
import { Received } from '../../../service/processes/placement/received.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { run } from '../../support/command.js';
import { listing, sha256 } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { Running } from '../../support/service/calls.js';
import { needsService, type Stage, setStage, someBytes } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { temporaryDirectory } from '../../support/temporary.js';

const image = someBytes(16);

/** A client behind `ferryctl bridge`, of which only the process is left out. */
async function bridged({ host }: Stage): Promise<VarlinkClient> {
  const [up, down] = [new PassThrough(), new PassThrough()];
  void pump(up, down, connect({ path: host.socket, allowHalfOpen: true }));
  return VarlinkClient.overStream(Duplex.from({ readable: down, writable: up }));
}

const ways = {
  'the upgraded connection': ({ connect }: Stage) => connect(),
  'the bridge': bridged,
};

for (const [way, open] of Object.entries(ways)) {
  test(`an upload that ends at any byte of ${way} leaves no image, and says how much arrived`, async (t) => {
    if (!needsService(t)) return;
    const stage = await setStage(t);
    const { host, transfers, connect } = stage;
    const said = { bytes: image.length, sha256: sha256(image) };
    for (let length = 0; length < image.length; length++) {
      const client = new TransferClient(await open(stage));
      const wish = { format: 'raw', class: 'machine', name: 'x', imageRoot: host.imageRoot } as const;
      const { reply, stream } = await client.importUpgrade(wish);
      stream.end(image.subarray(0, length));
      const id = Number(reply.id);
      await transfers.finish({ id, ...said });
      const watching = await Running.begin(await connect(), { id }, 'io.ferry.Transfer.Watch');
      await watching.done;
      assert.equal(
        watching.error?.message,
        `The sender sent ${image.length} bytes with SHA-256 ${said.sha256}, but ${length} bytes arrived with SHA-256 ${sha256(image.subarray(0, length))}; nothing was placed`,
      );
      assert.deepEqual(listing(host.imageRoot), []);
    }
    tally('faults injected', image.length);
  });
}

/** What the fetch process says through the pipe: an image, a sidecar, the end. */
function framed(path: string, bytes: Buffer): Buffer {
  const descriptor = openSync(path, 'w');
  const writer = new FrameWriter(descriptor, 'placement');
  for (const [part, content] of [
    ['image', bytes],
    ['.nspawn', Buffer.from('[Exec]\n')],
  ] as const) {
    writer.beginPart(part);
    writer.write(content, 0, content.length);
    writer.endPart();
  }
  writer.end();
  closeSync(descriptor);
  return readFileSync(path);
}

for (const format of ['raw', 'tar'] as const) {
  test(`the pipe between the processes may end at any byte of a ${format} image: it is never taken for all`, (t) => {
    if (!needs(t, { root: true, programs: ['tar'] })) return;
    const directory = temporaryDirectory(t);
    mkdirSync(directory.file('images'));
    mkdirSync(directory.file('tree'));
    writeFileSync(directory.file('tree', 'file'), 'content');
    run('tar', ['-b1', '-C', directory.file('tree'), '-cf', directory.file('x.tar'), '.']);
    const bytes = framed(directory.file('framed'), format === 'tar' ? readFileSync(directory.file('x.tar')) : image);
    using root = ImageRoot.open(directory.file('images'));
    const order: NewImage = {
      format,
      name: 'x',
      class: 'machine',
      imageRoot: root.path,
      force: false,
      readOnly: false,
      sizeMax: 1e9,
      strict: false,
      scope: 'system',
      convertCommand: [],
    };
    // Of an archive every 16th: there are many, and headers are longer.
    const step = format === 'raw' ? 1 : 16;
    for (let length = 0; length < bytes.length; length += step) {
      writeFileSync(directory.file('cut'), bytes.subarray(0, length));
      const pipe = openSync(directory.file('cut'), 'r');
      const host = imageHost('user', {});
      const receive = () => {
        using received = new Received();
        received.receive(new FrameReader(pipe, 'fetch'), new FrameReader(pipe, 'decode'), {
          root,
          order,
          host,
          subject: 'the download',
        });
      };
      assert.throws(receive, (error) => error instanceof Failure && error.kind === 'WorkerFailed', `${length} bytes`);
      closeSync(pipe);
      assert.deepEqual(readdirSync(root.path), []);
    }
    tally('faults injected', Math.ceil(bytes.length / step));
  });
}
