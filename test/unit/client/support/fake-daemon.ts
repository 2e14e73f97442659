/**
 * Stands in for ferryd where the client starts a service. $FAKE_DAEMON says how it fares: `ready`, `busy`, `busy-for-ever`,
 * `deaf`, `error`, or `dies`. What it was started with it writes to `started.json` beside its socket.
 */
import { readFileSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transferInterface } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';

const socket = process.argv.find((word) => word.startsWith('--listen='))?.slice('--listen='.length) ?? '';
const mode = process.env['FAKE_DAEMON'] ?? 'ready';

function tell(line: string): void {
  writeSync(Number(process.env['FERRY_READY_FD']), `${line}\n`);
}

function record(): void {
  const session = readStatField(6);
  const started = {
    argv: process.argv.slice(2),
    cwd: process.cwd(),
    stdin: readlinkSync('/proc/self/fd/0'),
    stdout: readlinkSync('/proc/self/fd/1'),
    stderr: readlinkSync('/proc/self/fd/2'),
    leadsSession: session === process.pid,
    pid: process.pid,
  };
  writeFileSync(join(dirname(socket), 'started.json'), JSON.stringify(started));
}

/** proc_pid_stat(5): field 6 is the session. */
function readStatField(index: number): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[index - 3]);
}

function serve(): void {
  const server = new VarlinkServer({
    vendor: 'test',
    product: 'fake',
    version: '0',
    url: 'https://example.org',
    interfaces: [
      {
        definition: parseInterface(transferInterface.description),
        description: transferInterface.description,
        handlers: { List: async (call: { reply(parameters: object): void }) => call.reply({ transfers: [] }) },
      },
    ],
  });
  server.listen({ path: socket });
  // Whatever becomes of the test, this is gone soon.
  setTimeout(() => process.exit(0), 120_000).unref();
  server.onIdleChange = (isIdle) => {
    if (isIdle) process.exit(0);
  };
}

process.stdout.write('fake service: starting\n');
record();
if (mode === 'ready') {
  serve();
  tell('ready');
} else if (mode === 'busy') {
  tell('busy');
  // The other one that holds the lock is slow.
  setTimeout(serve, 200);
} else if (mode === 'busy-for-ever') {
  tell('busy');
} else if (mode === 'deaf') {
  tell('ready');
} else if (mode === 'error') {
  tell('error there is no room for images');
} else {
  throw new Error('out of order');
}
