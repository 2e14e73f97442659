import type { TestContext } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type { Result } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { type FakeHandlers, startFakeService } from '../support/fake-service.js';
import { type FakeOptions, type FakeProcessContext, fakeProcessContext } from '../support/process-context.js';

export const result: Result = {
  path: '/var/lib/machines/jammy',
  pristinePath: null,
  bytes: 2936013,
  sha256: 'ab',
  verifiedBy: 'signature',
  signedBy: '0123ABCD',
  fromCache: false,
  lossCount: 0,
  losses: [],
};

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs the client against a service that answers as given. */
export async function ferryctl(
  t: TestContext,
  handlers: FakeHandlers,
  argv: string[],
  options: FakeOptions = {},
): Promise<Outcome> {
  const service = startFakeService(t, handlers);
  return await runWith(fakeProcessContext(options), [`--address=${service.address}`, ...argv]);
}

export async function runWith(context: FakeProcessContext, argv: string[]): Promise<Outcome> {
  const status = await run(argv, context);
  return { status, ...context.written };
}
