import type { ByteSource } from '../bytes.js';
import { footerKind, tailLength } from '../content/sniff.js';
import { type DecodeEngine, type Fault, type StepResult, streamHeaderLength } from './engine.js';
import { faultFailure, trailingGarbage, truncated } from './failures.js';
import { beginsStream, type CompressedFormat, unreadable } from './format.js';
import type { InputWindow } from './input.js';

/** A read gives back what it has once it is this much, so that what comes behind has work to do. */
const enoughBytes = 64 * 1024;

/**
 * Decodes all streams of a file, one after the other, with one engine: this is where truncation, padding and trailing
 * garbage are told apart, alike for all formats.
 */
export class StreamsDecoder implements ByteSource, Disposable {
  /** How many bytes after the end of the last stream were left out. */
  ignoredBytes = 0;
  readonly #engine: DecodeEngine;
  readonly #window: InputWindow;
  readonly #subject: string;
  readonly #format: CompressedFormat;
  readonly #ignoreTrailing: boolean;
  #inStream = false;
  #ended = false;
  /** Whether the engine stopped for want of room, so that it may have output without new input. */
  #outputPending = false;

  constructor(
    engine: DecodeEngine,
    window: InputWindow,
    format: CompressedFormat,
    subject: string,
    ignoreTrailing = false,
  ) {
    this.#engine = engine;
    this.#window = window;
    this.#format = format;
    this.#subject = subject;
    this.#ignoreTrailing = ignoreTrailing;
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

  /** Begins the first or next stream; false at the end of the data. */
  #begin(): boolean {
    const { consumed: streamEnd } = this.#window;
    const isPadded = streamEnd === 0 || this.#skipPadding();
    const header = this.#window.peek(streamHeaderLength);
    if (header.length === 0 && isPadded) return false;
    if (!isPadded || !beginsStream(this.#format, header)) {
      this.#leaveOut(streamEnd);
      return false;
    }
    const fault = this.#engine.start(header);
    if (fault) throw this.#failure(fault);
    this.#inStream = true;
    this.#outputPending = false;
    return true;
  }

  /** Whether what follows a stream is padding that the format allows, or none. */
  #skipPadding(): boolean {
    if (this.#engine.padding === 'none') return true;
    const zeros = this.#window.skipZeros();
    return this.#engine.padding === 'fourZeros' ? zeros % 4 === 0 : zeros === 0 || this.#window.length === 0;
  }

  /**
   * What is behind the last stream, which ended at `streamEnd`, belongs to no stream: reads it all, or refuses it. The blocks of an
   * Apple disk image are such streams, and its footer tells.
   */
  #leaveOut(streamEnd: number): void {
    if (!this.#ignoreTrailing) throw trailingGarbage(this.#subject, this.#format, streamEnd);
    const window = this.#window;
    let tail = Buffer.alloc(0);
    do {
      tail = Buffer.concat([tail, window.peek(window.length).subarray(-tailLength)]).subarray(-tailLength);
      window.consume(window.length);
      window.fill();
    } while (window.length > 0);
    const kind = footerKind(tail);
    if (kind !== undefined) throw unreadable(kind, this.#subject);
    this.ignoredBytes = window.consumed - streamEnd;
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
