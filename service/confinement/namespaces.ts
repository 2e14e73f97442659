import { mkdirSync, openSync, writeFileSync } from 'node:fs';
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

function readOnlyMounts(request: NamespaceRequest): number {
  unshare(CLONE_NEWNS);
  mount('none', '/', null, MS_REMOUNT_RECURSIVE_PRIVATE);
  // Opened in the new namespace, the only one that can bind them, and before the stage may hide them.
  const code = openSync(request.codeDirectory, 'r');
  const node = openSync(request.nodePath, 'r');
  mount('tmpfs', stage, 'tmpfs', 0);
  mkdirSync(`${stage}/code`);
  writeFileSync(`${stage}/node`, '');
  mount(`/proc/thread-self/fd/${code}`, `${stage}/code`, null, MS_BIND);
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
