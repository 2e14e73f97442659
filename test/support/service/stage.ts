import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type PullParameters, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { needs } from '../needs.js';
import { GateServer } from '../servers/gate-server.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from './ferry-host.js';

/** What every test here needs: the product, and root, whom the sandbox is for, and who may look into processes of other users. */
export function needsService(t: TestContext, ...programs: string[]): boolean {
  return (
    needsProduct(t) && needs(t, { root: true, features: ['ptrace'], programs: ['setpriv', 'nsenter', ...programs] })
  );
}

/** Bytes that no codec and no hole makes shorter. */
export function someBytes(length: number): Buffer {
  return randomBytes(length);
}

/** Where a file is held: enough has come for placement to have begun. */
export const gate = 2 * 1024 * 1024;
/** A disk image that is held in the middle. */
export const heldBytes = someBytes(2 * gate);

/** A service, a server, and a client of the service. */
export interface Stage {
  readonly host: FerryHost;
  readonly server: GateServer;
  readonly client: VarlinkClient;
  readonly transfers: TransferClient;
  /** Another connection, which ends with the test. */
  connect(): Promise<VarlinkClient>;
  /** Parameters of a pull into the host's image root, without verification and cache. */
  pull(url: string, name: string, changes?: Partial<PullParameters>): PullParameters;
}

export async function setStage(t: TestContext, options: HostOptions = {}): Promise<Stage> {
  const host = await ferryHost(t, options);
  return { host, server: await GateServer.start(t), ...(await stageOn(t, host.socket, host.imageRoot)) };
}

/** The clients' half of a stage, on a service that the test started itself. */
export async function stageOn(t: TestContext, socket: string, imageRoot: string) {
  mkdirSync(imageRoot, { recursive: true });
  const connect = async () => {
    const client = await VarlinkClient.connect(`unix:${socket}`);
    t.after(() => client.close());
    return client;
  };
  const client = await connect();
  const pull = (url: string, name: string, changes: Partial<PullParameters> = {}): PullParameters => ({
    url,
    name,
    format: 'raw',
    class: 'machine',
    verify: 'no',
    keepDownload: false,
    imageRoot,
    ...changes,
  });
  return { client, transfers: new TransferClient(client), connect, pull };
}
