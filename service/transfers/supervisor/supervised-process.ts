import { wordFor } from '../../processes/ipc/definition.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';
import { processes } from '../../sandbox/needs.js';
import type { WorkerExit, WorkerProcess } from './worker-process.js';

/** Where a process of a transfer stands. */
export type Standing =
  /** At work. */
  | 'running'
  /** It has said its result: how it ends changes nothing. */
  | 'finished'
  /** It has told why it cannot go on, and puts in order what it has made: its exit status says nothing new. */
  | 'failing'
  /** It was ended because nothing more is wanted of it: its end explains nothing. */
  | 'stopped'
  /** It is gone, as it should. */
  | 'ended'
  /** It is gone, and not as it should: nothing comes of the transfer. */
  | 'lost';

/** What is known of a process that has ended. */
export interface Ending {
  /** Whether it is a failure of its own, which nothing has explained yet. */
  readonly isUnexplained: boolean;
  /** Whether it may have left something behind that it would have put in order. */
  readonly mayHaveLeft: boolean;
}

/** What is its last word is the result of a process without rights. */
const results: readonly WorkerMessage['type'][] = ['fetched', 'planned', 'moved'];

/** One process of a transfer, and where it stands. */
export class SupervisedProcess {
  readonly process: WorkerProcess;
  #standing: Standing = 'running';

  constructor(process: WorkerProcess) {
    this.process = process;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Whether something that it has to say may still come. */
  get maySpeak(): boolean {
    return this.#standing === 'running' || this.#standing === 'failing';
  }

  /** Whether it has no rights: then it leaves nothing behind, and has nothing to put in order. */
  get hasNoRights(): boolean {
    return !processes[this.process.name].rights;
  }

  /** Notes what it has said. A process without rights is ended after its last word: it may have threads that wait for ever. */
  heard({ type }: WorkerMessage): void {
    if (this.#standing !== 'running') return;
    if (results.includes(type)) this.#standing = 'finished';
    else if (type === 'failure' || type === 'bug') this.#standing = 'failing';
    if (!this.hasNoRights || !wordFor(type).last || this.process.hasExited) return;
    if (this.#standing === 'failing') this.#standing = 'stopped';
    this.process.kill();
  }

  /** Ends it because there will be no result: by force, or by telling it that nothing more is said. */
  stop(): void {
    if (!this.hasNoRights) this.process.abandon();
    else if (this.maySpeak && !this.process.hasExited) {
      this.#standing = 'stopped';
      this.process.kill();
    }
  }

  /** Notes that it has ended. */
  ended({ code, signal, nonsense }: WorkerExit): Ending {
    const before = this.#standing;
    const isWell = nonsense === undefined && (code === 0 || before === 'finished');
    this.#standing = isWell ? 'ended' : 'lost';
    const isExplained = before === 'stopped' || (before === 'failing' && signal === undefined);
    return {
      isUnexplained: !isWell && (nonsense !== undefined || !isExplained),
      mayHaveLeft: !isWell && signal !== undefined && !this.hasNoRights,
    };
  }
}
