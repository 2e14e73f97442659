import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type { FailureDocument } from '../../../../client/outcome/document.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { documentedSchemas, schemaProblems } from '../../../support/json-schema.js';
import { type FakeHandlers, startFakeService } from './fake-service.js';
import { type FakeProcessContext, fakeProcessContext } from './process-context.js';

/** What can become of a command, as the manual page lists it. */
export interface Case {
  readonly what: string;
  readonly status: number;
  /** The error's name that --json writes; nothing where it writes a result. */
  readonly error?: string;
  readonly argv: readonly string[];
  readonly handlers?: FakeHandlers;
  /** Pressed once the service has been called. */
  readonly interrupt?: true;
}

export const fail = async (): Promise<never> => {
  throw new VarlinkError('io.ferry.Transfer.DownloadFailed', { message: 'no', url: 'http://h/x', status: 404 });
};
/** The second of several things fails. */
export const failOnTwo = async (call: {
  parameters: { id?: unknown; name?: unknown };
  reply(answer: object): void;
}) => {
  if (String(call.parameters.id ?? call.parameters.name) === '2') await fail();
  call.reply({});
};
export const pull = ['pull-tar', 'http://h/x'];

export async function statusOf(
  t: TestContext,
  { argv, handlers = {}, interrupt }: Omit<Case, 'what' | 'status'>,
  programName: 'ferryctl' | 'importctl' = 'ferryctl',
): Promise<[number, FakeProcessContext]> {
  const context = fakeProcessContext({ programName });
  const { address } = startFakeService(t, handlers);
  const place = argv.some((word) => word.startsWith('--address')) ? [] : [`--address=${address}`];
  const running = run([...place, ...argv], context);
  const timer = setInterval(() => interrupt && context.interrupt(), 50);
  try {
    return [await running, context];
  } finally {
    clearInterval(timer);
  }
}

const schema = documentedSchemas().get('failure') ?? {};

/** The failure that --json wrote; undefined if it wrote a result. */
export function writtenFailure(
  stdout: string,
): { error: FailureDocument; errors?: FailureDocument[]; done?: unknown } | undefined {
  if (!stdout.startsWith('{"error":')) return undefined;
  const document = JSON.parse(stdout);
  assert.deepEqual(schemaProblems(document, schema), []);
  return document;
}
