import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { TestContext } from 'node:test';
import {
  type PullParameters,
  type PullReply,
  TransferClient,
} from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { VarlinkError } from '../../../varlink/error.js';
import { attempt } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from '../../support/service.js';
import { waitFor, waitUntil, waitWhile } from '../../support/wait.js';
import { GateServer } from './gate-server.js';

/** What every test here needs: the product, and root, whom the sandbox is for, and who may look into processes of other users. */
export function needsService(t: TestContext, ...programs: string[]): boolean {
  return (
    needsProduct(t) && needs(t, { root: true, features: ['ptrace'], programs: ['setpriv', 'nsenter', ...programs] })
  );
}

/** Bytes that no codec and no hole makes shorter. */
export function someBytes(length: number): Buffer {
  return randomBytes(length);
}

/** Where a file is held: enough has come for placement to have begun. */
export const gate = 2 * 1024 * 1024;
/** A disk image that is held in the middle. */
export const heldBytes = someBytes(2 * gate);

/** A service, a server, and a client of the service. */
export interface Stage {
  readonly host: FerryHost;
  readonly server: GateServer;
  readonly client: VarlinkClient;
  readonly transfers: TransferClient;
  /** Another connection, which ends with the test. */
  connect(): Promise<VarlinkClient>;
  /** Parameters of a pull into the host's image root, without verification and cache. */
  pull(url: string, name: string, changes?: Partial<PullParameters>): PullParameters;
}

export async function setStage(t: TestContext, options: HostOptions = {}): Promise<Stage> {
  const host = await ferryHost(t, options);
  return { host, server: await GateServer.start(t), ...(await stageOn(t, host.socket, host.imageRoot)) };
}

/** The clients' half of a stage, on a service that the test started itself. */
export async function stageOn(t: TestContext, socket: string, imageRoot: string) {
  mkdirSync(imageRoot, { recursive: true });
  const connect = async () => {
    const client = await VarlinkClient.connect(`unix:${socket}`);
    t.after(() => client.close());
    return client;
  };
  const client = await connect();
  const pull = (url: string, name: string, changes: Partial<PullParameters> = {}): PullParameters => ({
    url,
    name,
    format: 'raw',
    class: 'machine',
    verify: 'no',
    keepDownload: false,
    imageRoot,
    ...changes,
  });
  return { client, transfers: new TransferClient(client), connect, pull };
}

/** A pull with `more` that runs beside the test. */
export class Running {
  readonly replies: PullReply[] = [];
  error: VarlinkError | Error | null = null;
  readonly done: Promise<void>;
  readonly #client: VarlinkClient;

  private constructor(client: VarlinkClient, method: string, parameters: object) {
    this.#client = client;
    this.done = this.#follow(client.callMore<PullReply>(method, parameters));
  }

  /** Begins a call and waits for its identifier. */
  static async begin(client: VarlinkClient, parameters: object, method = 'io.ferry.Transfer.Pull'): Promise<Running> {
    const running = new Running(client, method, parameters);
    await running.until(() => running.replies.length > 0);
    return running;
  }

  get id(): number {
    return Number(this.replies[0]?.id);
  }

  get lines(): string[] {
    return this.replies.flatMap(({ log }) => (log ? [log.message] : []));
  }

  /** Phases as they were entered. */
  get phases(): string[] {
    const all = this.replies.flatMap(({ progress }) => (progress ? [progress.phase] : []));
    return all.filter((phase, index) => phase !== all[index - 1]);
  }

  get bytesDone(): number {
    return Math.max(0, ...this.replies.map(({ progress }) => Number(progress?.bytesDone ?? 0)));
  }

  get result() {
    return this.replies.at(-1)?.result ?? null;
  }

  /** Waits until something is so; throws when the call ends before, or nothing comes of it. */
  async until(condition: () => boolean): Promise<void> {
    await waitUntil(() => {
      if (condition()) return true;
      if (this.error !== null) throw this.error;
      return false;
    }, 5);
  }

  /** Waits until the image is half there. */
  async untilHeld(): Promise<void> {
    await this.until(() => this.phases.includes('downloading'));
  }

  hangUp(): void {
    this.#client.close();
  }

  async #follow(replies: AsyncIterable<PullReply>): Promise<void> {
    try {
      for await (const reply of replies) this.replies.push(reply);
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** The error a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<VarlinkError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof VarlinkError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

export interface Worker {
  readonly pid: number;
  /** fetch, decode, placement, convert or cleanup. */
  readonly name: string;
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}

/** The worker processes of transfers below a process, at any depth. */
export function workersOf(pid: number): Worker[] {
  return allWorkersOf(pid).filter((worker) => !waits(worker));
}

/** Those that wait for a transfer. */
export function sparesOf(pid: number): Worker[] {
  return allWorkersOf(pid).filter(waits);
}

/** Whether a worker has not been given a pipe to another one yet. */
function waits({ pid, name }: Worker): boolean {
  if (name !== 'fetch' && name !== 'decode' && name !== 'placement') return false;
  try {
    return readlinkSync(`/proc/${pid}/fd/4`) === '/dev/null';
  } catch {
    return false;
  }
}

function allWorkersOf(pid: number): Worker[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(all.map((name) => [Number(name), parentOf(name)]));
  const below = [...parents.keys()].filter((each) => {
    for (let up = parents.get(each) ?? null; up !== null && up > 1; up = parents.get(up) ?? null)
      if (up === pid) return true;
    return false;
  });
  return below.flatMap((each) => {
    const name = workerName(each);
    return name === null ? [] : [{ pid: each, name }];
  });
}

/** Null also while it is still on its way in its sandbox: then it is nsenter(1) or setpriv(1). */
function workerName(pid: number): string | null {
  try {
    const [program = '', script = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return /(^|\/)node$/.test(program) ? (/\/worker\/(\w+)\.js$/.exec(script)?.[1] ?? null) : null;
  } catch {
    return null;
  }
}

/** Waits for a worker of that name, which is in its sandbox. */
export async function findWorker(servicePid: number, name: string): Promise<number> {
  const find = () => workersOf(servicePid).find((worker) => worker.name === name);
  return (await waitFor(find, 5)).pid;
}

/** Whether a process runs; zombies do not, once all their threads have ended, which hold its descriptors until then. */
export function runs(pid: number): boolean {
  if (parentOf(String(pid)) !== null) return true;
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

export async function untilGone(pids: readonly number[]): Promise<void> {
  await waitWhile(() => pids.some(runs), 5);
}

/** Every name in a directory, hidden ones too. */
export function listing(path: string): string[] {
  return readdirSync(path).sort();
}

/** Calls a method as another user, with a program that this user can run. `flags`: of the call; true is `more`. */
export function callAs(
  uid: number,
  socket: string,
  method: string,
  parameters: object = {},
  flags: boolean | object = false,
): { error?: string; parameters: Record<string, unknown> } {
  const set = typeof flags === 'object' ? flags : { more: flags };
  const message = `${JSON.stringify({ method, parameters, ...set })}\0`;
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const { stdout, stderr } = attempt('setpriv', [...identity, 'socat', '-t180', '-', `UNIX-CONNECT:${socket}`], {
    input: message,
  });
  const [reply = ''] = stdout.split('\0');
  if (reply === '') throw new Error(`no reply: ${stderr}`);
  return JSON.parse(reply);
}
