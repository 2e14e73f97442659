import { chmodSync, constants, copyFileSync, mkdirSync, openSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import {
  CLONE_NEWNET,
  CLONE_NEWNS,
  MS_BIND,
  MS_REMOUNT_RECURSIVE_PRIVATE,
  makeReadOnlyRecursively,
  mount,
  unshare,
} from '../system/process.js';

/*
 * Runs once in a thread of its own and ends: unshare(2) changes the calling thread only, so the daemon itself stays where
 * it is and keeps descriptors of the new namespaces, which nsenter(1) then gives to the processes of transfers.
 */

/** Where the program is found inside the read-only mount namespace: its own path may lie below a private home directory. */
const stage = '/mnt';

export interface NamespaceRequest {
  codeDirectory: string;
  nodePath: string;
}

export interface Namespaces {
  /** Descriptor of an empty network namespace, or why there is none. */
  network: number | string;
  /** Descriptor of a mount namespace in which everything is read-only, or why there is none. */
  mount: number | string;
  codeDirectory: string;
  nodePath: string;
}

function attempt(make: () => number): number | string {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function emptyNetwork(): number {
  unshare(CLONE_NEWNET);
  return openSync('/proc/thread-self/ns/net', 'r');
}

/** Whether everything below a directory can be read by everybody: not where the program was built with a strict umask. */
function isOpenToAll(directory: string): boolean {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => `${directory}/${name}`);
  return [`${directory}/.`, ...entries].every((path) => {
    const { mode } = statSync(path);
    const needed = (mode & constants.S_IFMT) === constants.S_IFDIR ? 0o005 : 0o004;
    return (mode & needed) === needed;
  });
}

/** Copies what can be read by few, so that it can be read by all. */
function copyOpenly(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (statSync(source).isDirectory()) copyOpenly(source, target);
    else {
      copyFileSync(source, target);
      chmodSync(target, 0o755);
    }
  }
}

/** Shows the program at its place on the stage. `source` leads to its directory. */
function stageCode(source: string): void {
  const target = `${stage}/code`;
  mkdirSync(target);
  if (isOpenToAll(source)) mount(source, target, null, MS_BIND);
  else copyOpenly(source, target);
}

function readOnlyMounts(request: NamespaceRequest): number {
  unshare(CLONE_NEWNS);
  mount('none', '/', null, MS_REMOUNT_RECURSIVE_PRIVATE);
  // Opened in the new namespace, the only one that can bind them, and before the stage may hide them.
  const code = openSync(request.codeDirectory, 'r');
  const node = openSync(request.nodePath, 'r');
  mount('tmpfs', stage, 'tmpfs', 0);
  stageCode(`/proc/thread-self/fd/${code}`);
  writeFileSync(`${stage}/node`, '');
  mount(`/proc/thread-self/fd/${node}`, `${stage}/node`, null, MS_BIND);
  makeReadOnlyRecursively('/');
  return openSync('/proc/thread-self/ns/mnt', 'r');
}

const request: NamespaceRequest = workerData;
const namespaces: Namespaces = {
  network: attempt(emptyNetwork),
  mount: attempt(() => readOnlyMounts(request)),
  codeDirectory: `${stage}/code`,
  nodePath: `${stage}/node`,
};
parentPort?.postMessage(namespaces);
