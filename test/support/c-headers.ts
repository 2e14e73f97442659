import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.js';
import type { Needs } from './needs.js';

export type Architecture = 'x64' | 'arm64';

/** What Debian calls the compiler and the emulator of each, and where headers of that architecture are that are not the compiler's own. */
const toolchains: Readonly<Record<Architecture, { compiler: string; emulator: string; folder: string }>> = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', emulator: 'qemu-x86_64-static', folder: 'x86_64-linux-gnu' },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', emulator: 'qemu-aarch64-static', folder: 'aarch64-linux-gnu' },
};

/** What is needed to ask the headers of an architecture: a compiler, and an emulator where it is not this machine's. */
export function needsOfHeaders(architecture: Architecture, headers: readonly string[]): Needs {
  const { compiler, emulator, folder } = toolchains[architecture];
  const own = architecture === process.arch;
  const system = own ? '/usr/include' : `/usr/${folder}/include`;
  return {
    programs: own ? ['gcc'] : [compiler, emulator],
    // Each architecture has libc's and the kernel's headers of its own; those of other libraries are the same for all.
    files: [join(system, 'linux/btrfs.h'), ...headers.map((header) => join('/usr/include', header))],
  };
}

/** A fact of C: an expression, its value, which is undefined where there must not be one, and the macro that may be missing. */
interface Fact {
  readonly expression: string;
  readonly value: bigint | undefined;
  readonly macro: string | undefined;
}

/** Facts that were written down, to be compared with what headers say. */
export class HeaderFacts {
  readonly #facts = new Map<string, Fact>();

  get count(): number {
    return this.#facts.size;
  }

  /** A value by its expression; `macro` is what a header may lack or, where the value is undefined, has to lack. */
  add(expression: string, value: bigint | number | undefined, macro?: string): void {
    this.#facts.set(expression, { expression, value: value === undefined ? undefined : BigInt(value), macro });
  }

  /** Of a type: `sizeof`, and the offsets of fields. */
  addStruct(type: string, struct: Readonly<Record<string, number>>): void {
    for (const [field, value] of Object.entries(struct))
      this.add(field === 'sizeof' ? `sizeof(${type})` : `offsetof(${type}, ${field})`, value);
  }

  /**
   * Where the headers of an architecture say something else, a line each; what they lack is `missing`.
   *
   * @throws Error with the compiler's words for an expression that it does not know
   */
  compare(
    directory: string,
    architecture: Architecture,
    includes: readonly string[],
  ): { different: string[]; missing: string[] } {
    const answers = this.#ask(directory, architecture, includes);
    const facts = [...this.#facts].map(([name, { value }]) => ({ name, value, said: answers.get(name) }));
    return {
      different: facts
        .filter(({ value, said }) => said !== undefined && said !== value)
        .map(({ name, value, said }) => `${name} is ${said}, not ${value}`),
      missing: facts.filter(({ value, said }) => said === undefined && value !== undefined).map(({ name }) => name),
    };
  }

  #ask(directory: string, architecture: Architecture, includes: readonly string[]): Map<string, bigint> {
    const { compiler, emulator, folder } = toolchains[architecture];
    const own = architecture === process.arch;
    const [source, program] = [join(directory, `${architecture}.c`), join(directory, architecture)];
    writeFileSync(source, this.#program(includes));
    const native = toolchains[process.arch as Architecture].folder;
    const folders = [`/usr/include/${folder}`, `/usr/include/${native}`, '/usr/include'];
    const others = folders.flatMap((each) => ['-idirafter', each]);
    run(own ? 'gcc' : compiler, ['-static', '-w', '-o', program, source, ...others]);
    const printed = own ? run(program, []) : run(emulator, [program]);
    const lines = printed.trimEnd().split('\n');
    return new Map(lines.map((line) => line.split('\t')).map(([name = '', value = '']) => [name, BigInt(value)]));
  }

  #program(includes: readonly string[]): string {
    const lines = [...this.#facts].flatMap(([name, { expression, macro }]) => {
      const asked = `  printf("%s\\t%lld\\n", ${JSON.stringify(name)}, (long long)(${expression}));`;
      return macro === undefined ? [asked] : [`#ifdef ${macro}`, asked, '#endif'];
    });
    const files = ['stdio.h', 'stddef.h', ...includes].map((name) => `#include <${name}>`);
    return ['#define _GNU_SOURCE', ...files, 'int main(void) {', ...lines, '  return 0;', '}', ''].join('\n');
  }
}
