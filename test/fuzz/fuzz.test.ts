import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { projectFile } from '../support/project.js';
import { targetNames } from './targets/all.js';

/** Enough to see that it works; `.ci/run` asks for more. */
const seconds = process.env['FERRY_FUZZ_SECONDS'] ?? '2';

for (const name of targetNames) {
  test(`${name}: what was kept, and what ${seconds} seconds of fuzzing make of it, is read or refused`, () => {
    const parameters = [projectFile('build', 'test', 'fuzz', 'main.js'), `--target=${name}`, `--seconds=${seconds}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^${name}: [1-9]\\d* executions .* 0 findings\\n$`));
  });
}
