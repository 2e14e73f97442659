import type { DecodeEngine, Fault, Step, StepResult } from '../engine.js';
import { BZ_OK, BZ_STREAM_END } from '../headers/constants.js';
import type { LibraryLoader } from '../library.js';
import { type Bits, joinBits } from './bits.js';
import { bzip2Fault, libbz2Names } from './bzip2.js';
import { Bzip2Scanner, blockBitsMax } from './bzip2-scanner.js';
import { Bzip2Task, type Bzip2Threads, bindBzip2Threads, checksumOf } from './bzip2-task.js';

/** Blocks that are decoded beyond the number of threads, so that none idles while the first one is being taken. */
const spareBlocks = 1;

/** A block on its way; those at the front of the queue are being decoded. */
interface Entry {
  block: Bits;
  task: Bzip2Task | undefined;
  /** Whether what follows was taken for the end of the stream. */
  beforeEnd: boolean;
  /** The block was cut by something that only looked like a magic number: the next one belongs to it. */
  incomplete: boolean;
  delivered: number;
}

/** What finds the blocks. */
export type BlockScanner = Pick<Bzip2Scanner, 'add' | 'find'>;

/** Decodes the blocks of bzip2 on several threads; undefined without libbz2 or threads. */
export function openParallelBzip2Decoder(
  load: LibraryLoader,
  threads: number,
  createScanner: () => BlockScanner = () => new Bzip2Scanner(),
): DecodeEngine | undefined {
  const libbz2 = load(libbz2Names);
  const functions = libbz2 && bindBzip2Threads(libbz2, load);
  return functions && new ParallelBzip2Engine(functions, threads, createScanner);
}

class ParallelBzip2Engine implements DecodeEngine {
  readonly padding = 'trailingZeros';
  readonly #functions: Bzip2Threads;
  readonly #threads: number;
  readonly #createScanner: () => BlockScanner;
  #scanner: BlockScanner;
  #queue: Entry[] = [];
  #level = 9;
  #checksum = 0;
  /** The checksum at what was taken for the end of the stream. */
  #endChecksum: number | undefined = undefined;

  constructor(functions: Bzip2Threads, threads: number, createScanner: () => BlockScanner) {
    this.#createScanner = createScanner;
    this.#scanner = createScanner();
    this.#functions = functions;
    this.#threads = threads;
  }

  start(header: Buffer): undefined {
    this[Symbol.dispose]();
    this.#scanner = this.#createScanner();
    this.#level = Number(String.fromCharCode(header[3] ?? 0x39));
    this.#checksum = 0;
    this.#endChecksum = undefined;
    return undefined;
  }

  run(step: Step): StepResult {
    const result: StepResult = { consumed: 0, produced: 0, ended: false };
    for (;;) {
      const inputLeft = step.inputEnd - step.inputStart - result.consumed;
      if (this.#wantsInput() && inputLeft > 0)
        result.consumed += this.#accept(step, step.inputStart + result.consumed, result);
      else if (this.#mayDeliver(step.last)) result.produced += this.#deliver(step, result);
      else return this.#finish(step, result, inputLeft);
      if (result.fault || step.outputStart + result.produced === step.outputEnd) return result;
    }
  }

  [Symbol.dispose](): void {
    for (const { task } of this.#queue) task?.[Symbol.dispose]();
    this.#queue = [];
  }

  #wantsInput(): boolean {
    return (
      this.#endChecksum === undefined &&
      (this.#queue.length <= this.#threads + spareBlocks || this.#queue[0]?.incomplete === true)
    );
  }

  /** Blocks are waited for only when there is nothing else to do. */
  #mayDeliver(last: boolean): boolean {
    const [head] = this.#queue;
    return head !== undefined && !head.incomplete && (!this.#wantsInput() || last);
  }

  #finish(step: Step, result: StepResult, inputLeft: number): StepResult {
    const [head] = this.#queue;
    if (head?.incomplete && step.last && inputLeft === 0) return { ...result, fault: bzip2Fault(0) };
    if (head || this.#endChecksum === undefined) return result;
    return this.#endChecksum === this.#checksum ? { ...result, ended: true } : { ...result, fault: bzip2Fault(0) };
  }

  /** Takes input up to the end of the stream and gives back how much. */
  #accept(step: Step, start: number, result: StepResult): number {
    this.#scanner.add(step.input, start, step.inputEnd);
    for (;;) {
      const found = this.#scanner.find();
      if (found.type === 'damaged') result.fault = bzip2Fault(0);
      if (found.type === 'damaged' || found.type === 'wanting') return step.inputEnd - start;
      if (found.block) this.#enqueue(found.block, found.type === 'end');
      if (found.type !== 'end') continue;
      this.#endChecksum = found.checksum;
      return step.inputEnd - start - found.excess;
    }
  }

  #enqueue(block: Bits, beforeEnd: boolean): void {
    const head = this.#queue[0];
    if (this.#queue.length === 1 && head?.incomplete) {
      this.#queue = [entryOf(joinBits(head.block, block), beforeEnd)];
    } else this.#queue.push(entryOf(block, beforeEnd));
    this.#startTasks();
  }

  #startTasks(): void {
    for (const entry of this.#queue.slice(0, this.#threads + spareBlocks)) {
      if (!entry.incomplete) entry.task ??= new Bzip2Task(this.#functions, entry.block, this.#level);
    }
  }

  #deliver(step: Step, result: StepResult): number {
    const [head] = this.#queue;
    if (!head) return 0;
    this.#startTasks();
    const code = head.task?.wait() ?? -1;
    if (code !== BZ_OK && code !== BZ_STREAM_END) {
      const fault = this.#mend(head, code);
      if (fault) result.fault = fault;
      return 0;
    }
    const taken = head.task?.take(step.output, step.outputStart + result.produced, step.outputEnd) ?? 0;
    head.delivered += taken;
    if (code === BZ_STREAM_END) this.#retire(head);
    return taken;
  }

  #retire(head: Entry): void {
    this.#checksum = ((this.#checksum << 1) | (this.#checksum >>> 31)) ^ checksumOf(head.block);
    this.#checksum >>>= 0;
    head.task?.[Symbol.dispose]();
    this.#queue.shift();
    this.#startTasks();
  }

  /** The block is damaged, unless what was taken for its end was none. */
  #mend(head: Entry, code: number): Fault | undefined {
    head.task?.[Symbol.dispose]();
    head.task = undefined;
    if (head.delivered > 0 || head.block.length > blockBitsMax) return bzip2Fault(code);
    const next = this.#queue[1];
    if (next) {
      next.task?.[Symbol.dispose]();
      this.#queue.splice(0, 2, entryOf(joinBits(head.block, next.block), next.beforeEnd));
    } else {
      head.incomplete = true;
      if (head.beforeEnd) this.#endChecksum = undefined;
    }
    return undefined;
  }
}

function entryOf(block: Bits, beforeEnd: boolean): Entry {
  return { block, task: undefined, beforeEnd, incomplete: false, delivered: 0 };
}
