import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Counted } from './tree-usage.js';

/*
 * How two threads share the count of a tree: the one that has something left to do gives half of the directories it has found to the one
 * that has nothing. All is in shared memory, for neither has an event loop that goes round.
 */

/** Indices in the shared words: how many parcels are under way, the state of either thread, and the parcel. */
const at = { active: 0, state: 1, directory: 3, length: 4, isTold: 5 };
/** Of a thread. `absent`: not started. */
const states = { absent: 0, working: 1, hungry: 2, served: 3, over: 4 };

const wordBytes = 64;
const countBytes = 32;
const namesBytes = 64 * 1024;
/** A thread that waits for the other one tells how far both have come so often, in milliseconds. */
const tellIntervalMs = 100;

/** Directories to be counted: their names, each with a NUL, and the open directory they are in, which belongs to the receiver. */
export interface Parcel {
  readonly directory: number;
  readonly names: Buffer[];
}

/** The shared memory of two threads, as seen by one of them. */
export class CountShare {
  static readonly bytes = wordBytes + countBytes + namesBytes;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;
  readonly #names: Buffer;
  readonly #self: number;
  readonly #other: number;
  #hasGiven = false;

  /** @param self 0 for the thread that begins, 1 for the one that helps */
  constructor(memory: SharedArrayBuffer, self: 0 | 1) {
    this.#words = new Int32Array(memory, 0, wordBytes / 4);
    this.#counts = new Float64Array(memory, wordBytes, countBytes / 8);
    this.#names = Buffer.from(memory, wordBytes + countBytes, namesBytes);
    this.#self = self;
    this.#other = 1 - self;
  }

  /** Says that this thread is there, and can be given something. */
  join(): void {
    this.#set(this.#self, states.hungry);
  }

  /** The thread that begins has all of a tree. */
  begin(): void {
    this.#counts.fill(0);
    this.#hasGiven = false;
    Atomics.store(this.#words, at.active, 1);
    Atomics.store(this.#words, at.isTold, 0);
    Atomics.store(this.#words, at.state + this.#self, states.working);
  }

  /** Whether the other thread has nothing to do. */
  get isOtherHungry(): boolean {
    return Atomics.load(this.#words, at.state + this.#other) === states.hungry;
  }

  /** Gives the other thread, which is hungry, as many of these as there is room for. Gives back how many it has taken. */
  give(directory: number, names: readonly Buffer[]): number {
    let [length, count] = [0, 0];
    for (const name of names) {
      if (length + name.length > namesBytes) break;
      length += name.copy(this.#names, length);
      count += 1;
    }
    this.#hasGiven = true;
    this.#words[at.directory] = directory;
    this.#words[at.length] = length;
    Atomics.add(this.#words, at.active, 1);
    this.#set(this.#other, states.served);
    return count;
  }

  /**
   * Waits for a parcel, when this thread has done all it had; undefined when neither has anything left.
   *
   * @param onWait told now and then while it waits
   */
  next(onWait?: () => void): Parcel | undefined {
    this.#set(this.#self, states.hungry);
    if (Atomics.sub(this.#words, at.active, 1) > 1) return this.take(onWait);
    // A thread that helps has nothing to tell of a count in which it was given nothing.
    if (this.#self === 1 || this.#hasGiven) this.#set(this.#other, states.over);
    return undefined;
  }

  /** Waits for a parcel; undefined when there will be none. */
  take(onWait?: () => void): Parcel | undefined {
    const state = at.state + this.#self;
    for (let now = Atomics.load(this.#words, state); ; now = Atomics.load(this.#words, state)) {
      if (now === states.over) return undefined;
      if (now === states.served) return this.#open();
      Atomics.wait(this.#words, state, now, onWait && tellIntervalMs);
      onWait?.();
    }
  }

  /** Tells how far this thread has come. Gives back what both have counted. */
  tell({ files, allocated }: Counted): Counted {
    const own = 2 * this.#self;
    const other = 2 * this.#other;
    this.#counts[own] = files;
    this.#counts[own + 1] = allocated;
    return { files: files + (this.#counts[other] ?? 0), allocated: allocated + (this.#counts[other + 1] ?? 0) };
  }

  /** Says that what this thread has found is in its port, and that it can be given something again. */
  hasTold(): void {
    this.#set(this.#self, states.hungry);
    Atomics.store(this.#words, at.isTold, 1);
    Atomics.notify(this.#words, at.isTold);
  }

  /** What the other thread has found; undefined when it was given nothing. */
  hear(port: MessagePort): unknown {
    if (!this.#hasGiven) return undefined;
    Atomics.wait(this.#words, at.isTold, 0);
    return receiveMessageOnPort(port)?.message;
  }

  #open(): Parcel {
    const bytes = Buffer.from(this.#names.subarray(0, this.#words[at.length]));
    const names: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += names.at(-1)?.length ?? bytes.length)
      names.push(bytes.subarray(start, bytes.indexOf(0, start) + 1));
    const directory = this.#words[at.directory] ?? -1;
    Atomics.store(this.#words, at.state + this.#self, states.working);
    return { directory, names };
  }

  #set(thread: number, state: number): void {
    Atomics.store(this.#words, at.state + thread, state);
    Atomics.notify(this.#words, at.state + thread);
  }
}
