/** A small, realistic mistake in a line that protects data or hosts. */
export interface Mutant {
  /** What goes wrong with it. */
  readonly what: string;
  /** Text that one source file holds, once: it stands for file and line, and goes with them where they go. */
  readonly search: string;
  readonly replacement: string;
  /** Parts of the paths of the test files of which one has to notice. */
  readonly tests: readonly string[];
}
