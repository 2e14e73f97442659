import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ImageHandlers, imageInterface } from '../../../../interfaces/generated/io.ferry.Image.generated.js';
import {
  type PlanReply,
  type Result,
  type TransferHandlers,
  transferInterface,
} from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';
import { temporaryDirectory } from '../../../support/temporary.js';

export interface FakeService {
  readonly path: string;
  readonly address: string;
  /** Ends it at once, calls under way and all. */
  kill(): Promise<void>;
}

export interface FakeHandlers {
  readonly transfer?: Partial<TransferHandlers>;
  readonly image?: Partial<ImageHandlers>;
}

/** What a pull came to, as far as nobody looks closely. */
export const someResult: Result = {
  path: '/images/x',
  bytes: 1,
  verifiedBy: 'no',
  fromCache: false,
  lossCount: 0,
  losses: [],
};

/** What one would come to. */
export const somePlan: PlanReply = {
  url: 'http://h/x',
  answeredBy: 'http://h/x',
  verify: 'no',
  sidecars: [],
  fromCache: false,
  replaces: [],
  bytesAvailable: 1,
  obstacles: [],
};

/** A service that answers as the test says, on a socket of its own or at a path. */
export function startFakeService(t: TestContext, handlers: FakeHandlers, path?: string): FakeService {
  const socket = path ?? join(temporaryDirectory(t).path, 'socket');
  const server = new VarlinkServer({
    vendor: 'test',
    product: 'fake',
    version: '0',
    url: 'https://example.org',
    interfaces: [
      { ...describe(transferInterface), handlers: handlers.transfer ?? {} },
      { ...describe(imageInterface), handlers: handlers.image ?? {} },
    ],
  });
  server.listen({ path: socket });
  t.after(() => server.close());
  return { path: socket, address: `unix:${socket}`, kill: () => server.close() };
}

function describe({ description }: { description: string }) {
  return { definition: parseInterface(description), description };
}
