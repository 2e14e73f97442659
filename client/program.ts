/** What main.ts loads, all in one file, once node knows how. */
export { makeProcessContext } from './cli/process.js';
export { run } from './cli/run.js';
