#!/usr/bin/env node
import { fileURLToPath } from 'node:url';

// No compile cache: node keeps it in a directory that any user can make first, and 4 ms are not worth one of our own.

async function main(): Promise<void> {
  const { makeProcessContext, run } = await import('./program.js');
  const service = fileURLToPath(new URL('ferryd.js', import.meta.url));
  // A transfer that was left in the background must not hold us back, nor a call that nobody waits for.
  process.exit(await run(process.argv.slice(2), makeProcessContext(service, process.env)));
}

void main();
