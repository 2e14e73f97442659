import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { clientProgram, needsProduct, serviceProgram } from '../support/service/ferry-host.js';

/** Runs a program in a node that takes itself for another version. */
function runAs(version: string, program: string) {
  const script = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const disguise = `data:text/javascript,${encodeURIComponent(script)}`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', disguise, program, '--version'], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('an older Node is refused in one line, not by a stack', (t) => {
  if (!needsProduct(t)) return;
  for (const program of [clientProgram, serviceProgram]) {
    for (const version of ['18.20.4', '20.18.3', '8.17.0']) {
      const stderr = `Cannot start with Node ${version}: Ferry needs Node 20.19 or newer; install it\n`;
      assert.deepEqual(runAs(version, program), { status: 1, stderr });
    }
    for (const version of ['20.19.0', '22.0.0', '30.1.0']) {
      assert.deepEqual(runAs(version, program), { status: 0, stderr: '' });
    }
  }
});
