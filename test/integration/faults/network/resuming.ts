import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { getAttribute } from '../../../../linux/attributes.js';
import { isPartialName, type PartialRecord } from '../../../../service/images/pristine/partial.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { GeneratedContent } from '../../../support/servers/generated-content.js';
import { type FerryHost, ferryHost, type HostOptions } from '../../../support/service/ferry-host.js';
import { untilGone, workersOf } from '../../../support/service/workers.js';
import { tally } from '../../../support/tally.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { connectionWasClosed } from '../../../support/texts/downloads.js';
import { waitFor } from '../../../support/wait.js';

export const mebibyte = 1024 * 1024;
/** Where the server goes silent, or cuts. */
export const silentAt = 70 * mebibyte;
/** What is safe on the disk then. */
export const safe = 64 * mebibyte;
export const disk = new GeneratedContent(80 * mebibyte);
export const brokeOff = `broke off after ${silentAt} of ${disk.length} bytes: ${connectionWasClosed}.`;
export const ofUser = 'user.ferry.partial';
export const attribute = process.getuid?.() === 0 ? 'trusted.ferry.partial' : ofUser;

export function partialsOf(host: FerryHost): string[] {
  return host.images().filter(isPartialName);
}

/** The record of the partial download, as soon as it says that so many bytes are safe. */
export async function recordOf(host: FerryHost, offset: number): Promise<PartialRecord> {
  return waitFor(() => {
    const [name] = partialsOf(host);
    const path = join(host.imageRoot, name ?? '.');
    const text = getAttribute(path, attribute) ?? getAttribute(path, ofUser);
    const record: PartialRecord | null = text === undefined ? null : JSON.parse(text.toString());
    return record !== null && record.offset >= offset ? record : undefined;
  });
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: mebibyte })) hash.update(chunk);
  return hash.digest('hex');
}

/** Pulls until the server goes silent, and takes the service's life then. Gives back the partial file's path. */
async function interrupt(host: FerryHost, url: string, options: readonly string[] = []): Promise<string> {
  const pulling = host.ferryctl(['pull-raw', '-m', '--verify=no', ...options, url, 'x']);
  await recordOf(host, safe);
  const workers = workersOf(host.service.pid ?? 0).map(({ pid }) => pid);
  host.service.kill('SIGKILL');
  await Promise.all([pulling, once(host.service, 'exit')]);
  // They die with the service, a moment later: until then the next one takes what they hold for that of a running transfer.
  await untilGone(workers);
  tally('faults injected');
  const [name = ''] = partialsOf(host);
  return join(host.imageRoot, name);
}

interface Interrupted {
  server: FaultServer;
  url: string;
  /** The partial file. */
  partial: string;
  /** A new service on the same directory. */
  host: FerryHost;
}

/** A pull whose service was killed, and the service that comes after it. */
export async function interrupted(
  t: TestContext,
  faults: Faults = {},
  options: HostOptions = {},
): Promise<Interrupted> {
  const place = { imageRoot: temporaryDirectory(t).path, ...options };
  const server = await FaultServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const url = server.serve('/x.raw', disk, { stallAt: silentAt, ...faults });
  const first = await ferryHost(t, place);
  const partial = await interrupt(first, url);
  const host = await ferryHost(t, place);
  return { server, url, partial, host };
}

export function imageRequests(server: FaultServer) {
  return server.requests.filter(({ url }) => url === '/x.raw');
}

export function ranges(server: FaultServer): (string | undefined)[] {
  return imageRequests(server).map(({ headers }) => headers.range);
}

export async function pull(host: FerryHost, url: string, ...options: string[]): Promise<string> {
  const unverified = options.includes('--verify=checksum') ? [] : ['--verify=no'];
  const { status, stderr } = await host.ferryctl(['pull-raw', '-m', '-N', ...unverified, ...options, url, 'x']);
  assert.equal(status, 0, stderr);
  return stderr;
}

export async function assertPulled(host: FerryHost, content = disk): Promise<void> {
  assert.deepEqual(host.images(), ['x.raw']);
  assert.equal(await sha256Of(join(host.imageRoot, 'x.raw')), content.sha256);
}

export const month = 30 * 24 * 3600 * 1000;
