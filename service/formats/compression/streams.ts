import type { ByteSource } from '../bytes.js';
import { type DecodeEngine, type Fault, type StepResult, streamHeaderLength } from './engine.js';
import { badPadding, faultFailure, trailingGarbage, truncated } from './failures.js';
import { beginsStream, type CompressedFormat } from './format.js';
import type { InputWindow } from './input.js';

/** A read gives back what it has once it is this much, so that what comes behind has work to do. */
const enoughBytes = 64 * 1024;

/**
 * Decodes all streams of a file, one after the other, with one engine: this is where truncation, padding and trailing
 * garbage are told apart, alike for all formats.
 */
export class StreamsDecoder implements ByteSource, Disposable {
  readonly #engine: DecodeEngine;
  readonly #window: InputWindow;
  readonly #subject: string;
  readonly #format: CompressedFormat;
  #inStream = false;
  #ended = false;
  /** Whether the engine stopped for want of room, so that it may have output without new input. */
  #outputPending = false;

  constructor(engine: DecodeEngine, window: InputWindow, format: CompressedFormat, subject: string) {
    this.#engine = engine;
    this.#window = window;
    this.#format = format;
    this.#subject = subject;
  }

  read(buffer: Buffer, offset: number, length: number): number {
    let produced = 0;
    while (produced < Math.min(length, enoughBytes) && !this.#ended) {
      if (this.#inStream) produced += this.#step(buffer, offset + produced, offset + length);
      else if (!this.#begin()) this.#ended = true;
    }
    return produced;
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  /** Begins the first or next stream; false at a proper end of the data. */
  #begin(): boolean {
    if (this.#window.consumed > 0) this.#skipPadding();
    const header = this.#window.peek(streamHeaderLength);
    if (header.length === 0) return false;
    if (!beginsStream(this.#format, header)) {
      throw trailingGarbage(this.#subject, this.#format, this.#window.consumed);
    }
    const fault = this.#engine.start(header);
    if (fault) throw this.#failure(fault);
    this.#inStream = true;
    this.#outputPending = false;
    return true;
  }

  #skipPadding(): void {
    if (this.#engine.padding === 'none') return;
    const zeros = this.#window.skipZeros();
    if (this.#engine.padding === 'fourZeros') {
      if (zeros % 4 !== 0) throw badPadding(this.#subject, this.#format, this.#window.consumed);
    } else if (zeros > 0 && this.#window.length > 0) {
      throw trailingGarbage(this.#subject, this.#format, this.#window.consumed);
    }
  }

  #step(output: Buffer, outputStart: number, outputEnd: number): number {
    const window = this.#window;
    if (window.length === 0 && !this.#outputPending) window.fill();
    const result = this.#engine.run({
      input: window.buffer,
      inputStart: window.start,
      inputEnd: window.end,
      output,
      outputStart,
      outputEnd,
      last: window.atEnd,
    });
    this.#window.consume(result.consumed);
    this.#outputPending = result.produced === outputEnd - outputStart;
    this.#judge(result);
    return result.produced;
  }

  #judge(result: StepResult): void {
    if (result.fault) throw this.#failure(result.fault);
    if (result.ended) this.#inStream = false;
    else if (result.consumed === 0 && result.produced === 0 && this.#window.atEnd) {
      throw truncated(this.#subject, this.#format, this.#window.consumed + this.#window.length);
    }
  }

  #failure(fault: Fault): Error {
    return faultFailure(this.#subject, this.#format, this.#window.consumed, fault);
  }
}
