#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Node 22.8 and later keep compiled code; before that there is nothing to switch on.
if ('enableCompileCache' in module && typeof module.enableCompileCache === 'function') module.enableCompileCache();
// Where places in the source are wanted, node must know before it reads the code.
if (process.env['SYSTEMD_LOG_LOCATION'] !== undefined) process.setSourceMapsEnabled(true);

async function main(): Promise<void> {
  const { processSurroundings, run } = await import('./program.js');
  const service = fileURLToPath(new URL('ferryd.js', import.meta.url));
  // A transfer that was left in the background must not hold us back, nor a call that nobody waits for.
  process.exit(await run(process.argv.slice(2), processSurroundings(service)));
}

void main();
