import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import {
  ImportClient,
  type ImportErrors,
  type ImportHandlers,
  importErrors,
  importInterface,
  type LogMessage,
} from '../../../../interfaces/generated/io.systemd.Import.generated.js';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';
import { needsPeer } from '../../../support/peer/peer.js';
import { projectFile } from '../../../support/project.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const log: LogMessage = { message: 'begun', priority: 6 };
const beyondDouble = 9007199254740993n;

const handlers: ImportHandlers = {
  async ListTransfers(call) {
    if (call.parameters.class === 'portable') throw new VarlinkError(importErrors.NoTransfers);
    const transfer = { type: 'pull_raw', remote: 'http://a/b', local: 'b', class: 'machine', percent: 0.5 } as const;
    call.continues({ id: 1, ...transfer });
    call.reply({ id: beyondDouble, ...transfer });
  },
  async Pull(call) {
    const { remote } = call.parameters;
    const parameters: ImportErrors['io.systemd.Import.AlreadyInProgress'] = { remote };
    if (remote === 'busy') throw new VarlinkError(importErrors.AlreadyInProgress, parameters);
    call.reply({ id: 7, log, progress: null });
  },
};

/** A service of io.systemd.Import and a socket on which it listens. */
function serve(path: string): AsyncDisposable {
  const { description } = importInterface;
  const server = new VarlinkServer({
    ...{ vendor: 'v', product: 'p', version: '1', url: 'u' },
    interfaces: [{ definition: parseInterface(description), description, handlers }],
  });
  server.listen({ path });
  return { [Symbol.asyncDispose]: () => server.close() };
}

test('a typed client meets typed handlers', async (t) => {
  await using directory = temporaryDirectory(t);
  await using _server = serve(directory.file('socket'));
  using connection = await VarlinkClient.connect(directory.file('socket'));
  const client = new ImportClient(connection);

  const reply = await client.pull({ remote: 'x', type: 'tar', class: 'machine', verify: null, force: true });
  assert.deepEqual(reply, { id: 7, log, progress: null });

  const ids: (number | bigint)[] = [];
  for await (const { id } of client.listTransfersMore()) ids.push(id);
  assert.deepEqual(ids, [1, beyondDouble]);

  await assert.rejects(client.pull({ remote: 'busy', type: 'raw', class: 'sysext' }), {
    name: 'io.systemd.Import.AlreadyInProgress',
    parameters: { remote: 'busy' },
  });
  await assert.rejects(client.listTransfersMore({ class: 'portable' })[Symbol.asyncIterator]().next(), {
    name: importErrors.NoTransfers,
  });
});

test('what does not fit its type is refused by the compiler, and by the service', async (t) => {
  await using directory = temporaryDirectory(t);
  await using _server = serve(directory.file('socket'));
  using connection = await VarlinkClient.connect(directory.file('socket'));
  const client = new ImportClient(connection);
  const refusesParameter = (parameter: string) => ({
    name: 'org.varlink.service.InvalidParameter',
    parameters: { parameter },
  });

  // @ts-expect-error: no such class
  await assert.rejects(client.pull({ remote: 'x', type: 'tar', class: 'moon' }), refusesParameter('class'));
  // @ts-expect-error: the class is missing
  await assert.rejects(client.pull({ remote: 'x', type: 'tar' }), refusesParameter('class'));
  // @ts-expect-error: the URL cannot be null
  await assert.rejects(client.pull({ remote: null, type: 'tar', class: 'machine' }), refusesParameter('remote'));
  // @ts-expect-error: no such parameter
  await assert.rejects(client.pull({ remote: 'x', type: 'tar', class: 'machine', moon: 1 }), refusesParameter('moon'));
  // @ts-expect-error: it can only be called with 'more'
  assert.equal(client.listTransfers, undefined);
});

test('varlinkctl introspect prints our source', async (t) => {
  if (!needsPeer(t)) return;
  await using directory = temporaryDirectory(t);
  const path = directory.file('socket');
  await using _server = serve(path);
  // Not peer(), which waits without serving.
  const program = projectFile('test', 'peer', 'peer');
  const introspect = ['exec', 'varlinkctl', 'introspect', `unix:${path}`, importInterface.name];
  const { stdout } = await promisify(execFile)(program, introspect);
  assert.equal(stdout, readFileSync(projectFile('interfaces', 'io.systemd.Import.varlink'), 'utf8'));
});
