/** A small, realistic mistake in a line that protects data or hosts. */
export interface Mutant {
  /** What goes wrong with it. */
  readonly what: string;
  /** Text that one file of the product holds, once: it stands for file and line, and goes with them where they go. */
  readonly search: string;
  readonly replacement: string;
  /** The path below test/ of the test file or story that has to notice, or the beginning that several have in common. */
  readonly test: string;
  /** Part of the names of the tests in it that have to notice, where the others take long; of a story, of its step. */
  readonly only?: string;
}

/** With the file that holds its text. */
export interface Applied {
  readonly mutant: Mutant;
  readonly file: string;
}
