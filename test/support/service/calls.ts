import type { PullReply } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { VarlinkClient } from '../../../varlink/client/client.js';
import { VarlinkError } from '../../../varlink/error.js';
import { attempt } from '../command.js';
import { waitUntil } from '../wait.js';

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
