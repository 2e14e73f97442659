/** Imported lazily by this name: bundlers lose the named exports of a CommonJS package that is imported lazily itself. */
export { Cli } from 'clipanion';
