/** What main.ts loads, all in one file, once node knows how. */
export { processSurroundings } from './process.js';
export { run } from './run.js';
