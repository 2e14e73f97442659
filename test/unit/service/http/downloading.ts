import assert from 'node:assert/strict';
import { Failure } from '../../../../common/failure.js';
import { Network, type NetworkOptions } from '../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../service/http/download.js';
import type { FetchOutcome, ResourceRequest, ResponseInfo } from '../../../../service/http/request.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';

export const mebibyte = 1024 * 1024;

/** Bytes that repeat nowhere, so that anything appended at a wrong place shows. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let offset = 0; offset + 4 <= length; offset += 4) bytes.writeUInt32LE(offset, offset);
  return bytes;
}

export const small = pattern(100_000);
export const big = pattern(3 * mebibyte);

export interface Run {
  readonly outcome: FetchOutcome;
  readonly bytes: Buffer;
  readonly notices: string[];
  readonly responses: ResponseInfo[];
}

// Time is not waited for, only counted.
export class TestClock {
  time = 0;
  readonly pauses: number[] = [];
  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds);
    this.time += milliseconds;
  }
}

export function open(options: Partial<NetworkOptions> = {}): Network {
  return new Network({ environment: {}, userAgent: 'ferry/test', clock: new TestClock(), ...options });
}

export async function run(url: string, options: Partial<ResourceRequest> = {}, network = open()): Promise<Run> {
  const chunks: Buffer[] = [];
  const notices: string[] = [];
  const responses: ResponseInfo[] = [];
  try {
    const request: ResourceRequest = {
      network,
      url,
      signal: new AbortController().signal,
      onNotice: (message) => notices.push(message),
      onResponse: (info) => void responses.push(info),
      ...options,
    };
    const outcome = await fetchResource(request, (chunk) => {
      chunks.push(Buffer.from(chunk));
    });
    return { outcome, bytes: Buffer.concat(chunks), notices, responses };
  } finally {
    network[Symbol.dispose]();
  }
}

/** Serves bytes with faults, fetches them, and gives back what came of it. */
export async function withFaults(
  bytes: Buffer,
  faults: Faults,
  options: Partial<ResourceRequest> = {},
  network = open(),
) {
  await using server = await FaultServer.start();
  const url = server.serve('/f', bytes, faults);
  const result = await run(url, options, network).catch((error: unknown) => error);
  return { result, requests: server.requests, sent: server.sentFor('/f'), url, host: `127.0.0.1:${server.port}` };
}

export function completed(result: unknown): Run {
  if (result instanceof Error) throw result;
  return result as Run;
}

export function messageOf(result: unknown): string {
  assert.ok(result instanceof Failure, `no failure: ${String(result)}`);
  return result.message;
}
