#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
import { version } from '../common/version.js';
import { hasCode } from '../linux/errno.js';
import { escapeText } from '../varlink/text.js';
import { passedSockets } from './daemon/activation.js';
import { ServiceManagerLink } from './daemon/notify.js';
import { type DaemonOptions, readOptions, usage } from './daemon/options.js';
import { prepare } from './daemon/prepare.js';
import { ClientLink, claimSocket } from './daemon/socket.js';

function cannotListen(path: string, heldBy: 'listener' | 'lock'): string {
  const reason = heldBy === 'listener' ? 'another service listens there' : `another service holds ${path}.lock`;
  return `Cannot listen on ${path}: ${reason}; stop it, or choose another socket with --listen=PATH`;
}

/** Serves until there is nothing to do. */
async function serve(options: DaemonOptions, client: ClientLink): Promise<void> {
  const { env } = process;
  const serviceManager = new ServiceManagerLink(env);
  const sockets = passedSockets(env);
  let own: { path: string; lock: Disposable } | undefined;
  if (sockets.listening.length + sockets.connected.length === 0) {
    const path = options.listen;
    if (path === undefined)
      throw new Error('There is no XDG_RUNTIME_DIR to make a socket in; give a path with --listen=PATH');
    const claim = await claimSocket(path, options.scope);
    if ('heldBy' in claim) {
      client.tell('busy');
      throw new Error(cannotListen(path, claim.heldBy));
    }
    own = { path, lock: claim.lock };
  }
  const prepared = await prepare(env, client.nextVerb);
  const { Daemon } = await import('./daemon/daemon.js');
  await new Daemon({ scope: options.scope, environment: env, serviceManager, sockets, client, prepared, own }).run();
}

/** Node's own stream drops what it cannot write. Throws Error. */
function print(text: string): void {
  try {
    writeFileSync(1, text);
  } catch (error) {
    if (!hasCode(error, 'EPIPE'))
      throw new Error(`Cannot write to standard output: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function main(client: ClientLink): Promise<void> {
  process.umask(0o022);
  const options = readOptions(process.argv.slice(2), process.env, process.getuid?.() ?? 0);
  if (options.help) print(usage);
  else if (options.version) print(`ferryd ${version}\n`);
  else await serve(options, client);
}

/** What keeps a service from starting is told in one line: to the client that started it, and to whoever reads its log. */
function giveUp(error: unknown, client: ClientLink | undefined): never {
  const text = escapeText(error instanceof Error ? error.message : String(error));
  client?.tell(`error ${text}`);
  process.stderr.write(`ferryd: ${text}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  let client: ClientLink | undefined;
  try {
    client = new ClientLink(process.env);
    await main(client);
  } catch (error) {
    giveUp(error, client);
  }
}

void start();
