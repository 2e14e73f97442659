import type { NativeFunction } from '../../../linux/native.js';
import { type Fault, type Step, type StepResult, StreamStructure } from './engine.js';
import { LZMA_BUF_ERROR, LZMA_OK, LZMA_STREAM_END } from './headers/constants.js';
import { lzma_stream, sizes } from './headers/structs.js';
import type { Library } from './library.js';

/* What the coders of liblzma have in common: lzma/base.h. */

export const liblzmaNames = ['liblzma.so.5'];

/** What a decoder needs beside the dictionary, as liblzma accounts for it, in bytes. */
export const decoderOverhead = 2 * 1024 * 1024;

/** A lzma_stream, for the function that initialises a coder in its memory. */
export class LzmaStream implements Disposable {
  readonly #structure = new StreamStructure(lzma_stream, sizes.size_t);
  readonly #code: NativeFunction<number>;
  readonly #end: NativeFunction<undefined>;

  constructor(library: Library) {
    this.#code = library.bind('int lzma_code(void *stream, int action)');
    this.#end = library.bind('void lzma_end(void *stream)');
  }

  get memory(): Buffer {
    return this.#structure.memory;
  }

  /** @param faultOf what a code that is a failure means */
  run(step: Step, action: number, faultOf: (code: number) => Fault): StepResult {
    this.#structure.load(step);
    const code = this.#code(this.memory, action);
    const result = this.#structure.result(step);
    if (code === LZMA_STREAM_END) return { ...result, ended: true };
    if (code === LZMA_OK || code === LZMA_BUF_ERROR) return result;
    return { ...result, fault: faultOf(code) };
  }

  [Symbol.dispose](): void {
    this.#end(this.memory);
  }
}
