import type { TestContext } from 'node:test';
import { type PullOciParameters, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { type Layer, makeImage, makeLayer } from '../../support/registry/images.js';
import { type FerryHost, ferryHost, type HostOptions } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';

/** A service, a registry in memory, and clients of the service. */
export interface OciScene {
  readonly host: FerryHost;
  readonly registry: FakeRegistry;
  /** Another connection, which ends with the test. */
  connect(): Promise<VarlinkClient>;
  /** Parameters of a pull into the host's image root. */
  wish(reference: string, name: string, changes?: Partial<PullOciParameters>): PullOciParameters;
  /** Pulls by a call. */
  pull(reference: string, name: string, changes?: Partial<PullOciParameters>): ReturnType<TransferClient['pullOci']>;
  /** What the image root has of layers. */
  layers(): string[];
}

export async function setOciScene(t: TestContext, options: HostOptions = {}): Promise<OciScene> {
  const host = await ferryHost(t, options);
  const registry = await FakeRegistry.start();
  t.after(() => registry[Symbol.asyncDispose]());
  const connect = async () => {
    const client = await VarlinkClient.connect(`unix:${host.socket}`);
    t.after(() => client.close());
    return client;
  };
  const wish = (reference: string, name: string, changes: Partial<PullOciParameters> = {}) => {
    return { reference, name, class: 'machine', layout: 'tree', imageRoot: host.imageRoot, ...changes } as const;
  };
  const transfers = new TransferClient(await connect());
  return {
    host,
    registry,
    connect,
    wish,
    pull: (...parameters) => transfers.pullOci(wish(...parameters)),
    layers: () => host.images().filter((name) => /^\.oci-sha256:[0-9a-f]{64}$/.test(name)),
  };
}

/** What pulls have left that was not finished. */
export function leftovers(host: FerryHost): string[] {
  return host.images().filter((name) => name.startsWith('.#'));
}

/** A layer that no codec makes shorter, with one file in it. */
export function bigLayer(name: string, length = 3 * 1024 * 1024): Layer {
  return makeLayer([{ path: name, content: someBytes(length) }]);
}

/** An image of a few files in two layers, the upper one of which removes and changes some. */
export function smallImage() {
  const base = makeLayer([
    { path: 'etc/' },
    { path: 'etc/os-release', content: 'ID=small\n' },
    { path: 'etc/gone', content: 'gone' },
    { path: 'etc/changed', content: 'before' },
  ]);
  const top = makeLayer(
    [{ path: 'etc/.wh.gone' }, { path: 'etc/changed', content: 'after' }, { path: 'etc/new', content: 'new' }],
    { compression: 'uncompressed' },
  );
  return { base, top, image: makeImage({ layers: [base, top], config: { Cmd: ['/bin/true'], Env: ['A=b'] } }) };
}

/** A response that stops in the middle until it is let go on. */
export function heldBlob(bytes: Buffer) {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    faults: {
      hook: (_: unknown, response: import('node:http').ServerResponse) => {
        response.writeHead(200, { 'Content-Length': bytes.length });
        const half = Math.floor(bytes.length / 2);
        response.write(bytes.subarray(0, half));
        const finish = () => response.end(bytes.subarray(half));
        if (isOpen) finish();
        else waiting.push(finish);
      },
    },
    open: () => {
      isOpen = true;
      for (const finish of waiting.splice(0)) finish();
    },
  };
}
