import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import {
  CLONE_FS,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  MS_BIND,
  MS_PRIVATE,
  MS_REC,
} from '../../linux/headers/constants.js';
import { changeDirectory, changeRoot, makeReadOnlyRecursively, mount, setns, unshare } from '../../linux/process.js';
import { copyOpenly, isOpenToAll } from './reach.js';

/*
 * unshare(2) and setns(2) change the calling thread only. Ours makes each namespace, keeps a descriptor of it, which nsenter(1)
 * then gives to the processes of transfers, and returns to its own before anything else can run. That takes 2 ms; a thread made
 * for it would take fifty. Whether it may return is tried before it leaves.
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

const flags = { net: CLONE_NEWNET, mnt: CLONE_NEWNS, pid: CLONE_NEWPID };

/** Does something outside of the namespace of a type that this thread is in, and returns there whatever happens. */
function away<Result>(type: keyof typeof flags, action: () => Result): Result {
  const flag = flags[type];
  const home = openSync(`/proc/thread-self/ns/${type}`, 'r');
  try {
    setns(home, flag);
    try {
      return action();
    } finally {
      setns(home, flag);
    }
  } finally {
    closeSync(home);
  }
}

function emptyNetwork(): number {
  return away('net', () => {
    unshare(CLONE_NEWNET);
    return openSync('/proc/thread-self/ns/net', 'r');
  });
}

/** Shows the program at its place on the stage. `source` leads to its directory. */
function stageCode(source: string): void {
  const target = `${stage}/code`;
  mkdirSync(target);
  if (isOpenToAll(source)) mount(source, target, undefined, MS_BIND);
  else copyOpenly(source, target);
}

/** Entering a mount namespace leads to its root: whoever was in a chroot, or another directory, has to be led back. */
function keepingPlace(action: () => number): number {
  // Otherwise other threads would move, too, and who shares that may not enter a mount namespace.
  unshare(CLONE_FS);
  // Changes nothing, but fails where the way back would.
  changeRoot('/');
  const [root, directory] = [openSync('/', 'r'), openSync('.', 'r')];
  try {
    return action();
  } finally {
    changeDirectory(root);
    changeRoot('.');
    changeDirectory(directory);
    for (const descriptor of [root, directory]) closeSync(descriptor);
  }
}

function readOnlyMounts(request: NamespaceRequest): number {
  return keepingPlace(() => away('mnt', () => makeReadOnlyMounts(request)));
}

function makeReadOnlyMounts(request: NamespaceRequest): number {
  unshare(CLONE_NEWNS);
  mount('none', '/', undefined, MS_REC | MS_PRIVATE);
  // Opened in the new namespace, the only one that can bind them, and before the stage may hide them.
  const code = openSync(request.codeDirectory, 'r');
  const node = openSync(request.nodePath, 'r');
  mount('tmpfs', stage, 'tmpfs', 0);
  stageCode(`/proc/thread-self/fd/${code}`);
  writeFileSync(`${stage}/node`, '');
  mount(`/proc/thread-self/fd/${node}`, `${stage}/node`, undefined, MS_BIND);
  makeReadOnlyRecursively('/');
  for (const descriptor of [code, node]) closeSync(descriptor);
  const made = openSync('/proc/thread-self/ns/mnt', 'r');
  // As workers will: who is in a chroot finds another system there.
  setns(made, CLONE_NEWNS);
  accessSync(`${stage}/node`, constants.X_OK);
  return made;
}

let hasSpawned = false;

/**
 * From 1.53 on, libuv starts a process before the first one that it is asked for, to find out what the kernel can, and that one
 * ends at once. In a PID namespace of its own it would be the first process, and with it the namespace ends: whatever is to follow
 * is refused with ENOMEM. So something is started before, of which it does not matter that it is no program.
 */
function spawnOnce(): void {
  if (!hasSpawned) spawnSync('/', { stdio: 'ignore' });
  hasSpawned = true;
}

/**
 * Starts a process so that it is the first one of a PID namespace, which all that it starts is in as well: that ends with it, and
 * can name no other process. It needs an absolute path: libuv may look for a name by a process for each folder of $PATH.
 *
 * @throws SystemError where that cannot be had
 */
export function inOwnPidNamespace<Result>(start: () => Result): Result {
  spawnOnce();
  return away('pid', () => {
    unshare(CLONE_NEWPID);
    return start();
  });
}

/** Makes the namespaces that this environment allows. The calling thread is where it was afterwards. */
export function makeNamespaces(request: NamespaceRequest): Namespaces {
  return {
    network: attempt(emptyNetwork),
    mount: attempt(() => readOnlyMounts(request)),
    codeDirectory: `${stage}/code`,
    nodePath: `${stage}/node`,
  };
}
