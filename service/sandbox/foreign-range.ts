import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { hasCode } from '../../linux/errno.js';
import { VarlinkClient } from '../../varlink/client/client.js';
import { VarlinkError } from '../../varlink/error.js';
import { findSystemProgram, notInstalled } from './programs.js';

/** Where systemd-nsresourced listens (systemd-nsresourced.service(8)). */
const defaultSocket = '/run/systemd/io.systemd.NamespaceResource';
const interfaceName = 'io.systemd.NamespaceResource';

/** How long systemd-nsresourced may take, in milliseconds: it may have to start. */
const answerMs = 5_000;

/** `$FERRY_NAMESPACE_RESOURCE`: another socket, or an empty string to do without the service. */
export function namespaceResourceSocket(environment: NodeJS.ProcessEnv): string {
  return environment['FERRY_NAMESPACE_RESOURCE'] ?? defaultSocket;
}

const cannotBeMade = 'user namespaces cannot be made';

/** A descriptor of a new user namespace without any owners. */
async function emptyNamespace(): Promise<number | string> {
  const unshare = findSystemProgram('unshare');
  if (unshare === undefined) return notInstalled('unshare');
  // It says something once it is there, and lives until it has heard of the end.
  const child = spawn(unshare, ['--user', '--', '/bin/sh', '-c', 'echo; read -r _'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  try {
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit'), once(child, 'error')]);
    const path = `/proc/${child.pid}/ns/user`;
    return readlinkSync(path) === readlinkSync('/proc/self/ns/user') ? cannotBeMade : openSync(path, 'r');
  } catch {
    return cannotBeMade;
  } finally {
    child.stdin.destroy();
    child.kill('SIGKILL');
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'systemd-nsresourced does not answer';
  if (!(error instanceof VarlinkError)) {
    if (hasCode(error, 'ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR')) return 'systemd-nsresourced is not there';
    return `systemd-nsresourced: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (error.name === `${interfaceName}.UserNamespaceInterfaceNotSupported`)
    return 'systemd-nsresourced cannot work here: it needs a kernel with BPF LSM';
  if (error.name === 'org.varlink.service.InvalidParameter')
    return 'systemd-nsresourced is too old: it cannot map the foreign UID range';
  return `systemd-nsresourced: ${error.name}`;
}

/**
 * A new user namespace that has the calling user as root and the foreign UID range as it is, from systemd-nsresourced. Gives back a
 * descriptor of it, which the caller closes, or the reason why it cannot be had.
 */
export async function foreignNamespace(socket: string): Promise<number | string> {
  if (socket === '') return 'systemd-nsresourced is not to be used ($FERRY_NAMESPACE_RESOURCE)';
  let client: VarlinkClient;
  try {
    client = await VarlinkClient.connect(socket, { timeout: answerMs });
  } catch (error) {
    return reasonOf(error);
  }
  using _client = client;
  const descriptor = await emptyNamespace();
  if (typeof descriptor === 'string') return descriptor;
  const range = { name: 'ferry', mangleName: true, size: 1, target: 0, type: 'self', mapForeign: true };
  try {
    const parameters = { ...range, userNamespaceFileDescriptor: 0 };
    const options = { descriptors: [descriptor], signal: AbortSignal.timeout(answerMs) };
    await client.call(`${interfaceName}.AllocateUserRange`, parameters, options);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    return reasonOf(error);
  }
}
