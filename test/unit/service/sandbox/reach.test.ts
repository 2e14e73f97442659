import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copiedProgram } from '../../../../service/sandbox/reach.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const places = ['/run', '/var/tmp', '/tmp'];

/** Copies that this process has made and that are there. */
function copies(): string[] {
  const names = places.flatMap((place) => readdirSync(place).map((name) => join(place, name)));
  return names.filter((path) => path.includes(`/ferry-program-${process.pid}-`));
}

function makeProgram(t: TestContext) {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('node'), 'program');
  mkdirSync(directory.file('code'));
  writeFileSync(directory.file('code', 'worker.js'), 'code');
  return { nodePath: directory.file('node'), codeDirectory: directory.file('code') };
}

test('a copy that fails midway is removed wherever it was begun', async (t) => {
  const program = makeProgram(t);
  const codeDirectory = `${program.codeDirectory}/missing`;
  assert.equal(await copiedProgram({ ...program, codeDirectory }, async () => true), undefined);
  assert.deepEqual(copies(), []);
});

test('a copy that nobody can run, or about which nothing can be found out, is removed', async (t) => {
  const program = makeProgram(t);
  assert.equal(await copiedProgram(program, async () => false), undefined);
  assert.equal(await copiedProgram(program, () => Promise.reject(new Error('no process'))), undefined);
  assert.deepEqual(copies(), []);
});
