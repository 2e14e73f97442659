import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {
  CLONE_FS,
  CLONE_NEWNET,
  CLONE_NEWNS,
  changeDirectory,
  changeRoot,
  MS_BIND,
  MS_REMOUNT_RECURSIVE_PRIVATE,
  makeReadOnlyRecursively,
  mount,
  setns,
  unshare,
} from '../system/process.js';

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

/** Does something outside of the namespace of a type that this thread is in, and returns there whatever happens. */
function away(type: 'net' | 'mnt', action: () => number): number {
  const flag = type === 'net' ? CLONE_NEWNET : CLONE_NEWNS;
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
  mount('none', '/', null, MS_REMOUNT_RECURSIVE_PRIVATE);
  // Opened in the new namespace, the only one that can bind them, and before the stage may hide them.
  const code = openSync(request.codeDirectory, 'r');
  const node = openSync(request.nodePath, 'r');
  mount('tmpfs', stage, 'tmpfs', 0);
  stageCode(`/proc/thread-self/fd/${code}`);
  writeFileSync(`${stage}/node`, '');
  mount(`/proc/thread-self/fd/${node}`, `${stage}/node`, null, MS_BIND);
  makeReadOnlyRecursively('/');
  for (const descriptor of [code, node]) closeSync(descriptor);
  const made = openSync('/proc/thread-self/ns/mnt', 'r');
  // As workers will: who is in a chroot finds another system there.
  setns(made, CLONE_NEWNS);
  accessSync(`${stage}/node`, constants.X_OK);
  return made;
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
