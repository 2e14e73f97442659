import { mkdirSync, rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { PlanReply, PullParameters } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { sha256 } from '../../../support/files.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { type Stage, setStage, someBytes } from '../../../support/service/stage.js';

export const disk = someBytes(300_000);
export const etag = '"first"';
export const changed = new Date(Date.UTC(2026, 1, 3, 4, 5, 6));
const headers = { 'Last-Modified': changed.toUTCString() };

/** A stage with a server that can do anything to a file. */
export interface Scene extends Stage {
  readonly web: FaultServer;
  plan(url: string, changes?: Partial<PullParameters>): Promise<PlanReply>;
}

export async function open(t: TestContext): Promise<Scene> {
  return await onStage(t, await setStage(t));
}

/** Another server, and an image directory that is empty, for a service that runs already. */
export async function onStage(t: TestContext, stage: Stage): Promise<Scene> {
  rmSync(stage.host.imageRoot, { recursive: true, force: true });
  mkdirSync(stage.host.imageRoot);
  const web = await FaultServer.start();
  t.after(() => web[Symbol.asyncDispose]());
  const plan = (url: string, changes: Partial<PullParameters> = {}) =>
    stage.transfers.plan({ ...stage.pull(url, 'x', { keepDownload: true }), ...changes });
  return { ...stage, web, plan };
}

/** Serves the disk with a checksum file that lists it. */
export function serveDisk({ web }: Scene, faults: Faults = {}): string {
  web.serve('/SHA256SUMS', `${sha256(disk)}  disk.raw\n`);
  return web.serve('/disk.raw', disk, { etags: [etag], headers, ...faults });
}
