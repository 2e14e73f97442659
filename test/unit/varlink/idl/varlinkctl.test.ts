import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkInterface } from '../../../../varlink/idl/check.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { printInterface } from '../../../../varlink/idl/print.js';
import { needsPeer, peer } from '../../../support/peer/peer.js';
import { projectFile } from '../../../support/project.js';
import { seededRandom } from '../../../support/random.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { randomInterface } from './random-interface.js';

/** Lets systemd's varlinkctl read and print each file of a folder: NAME.out if it could be read, else NAME.err. */
function validateAll(folder: string): void {
  const script =
    'cd "$0" && for f in *.varlink; do varlinkctl validate-idl "$f" >"$f.out" 2>"$f.err" && rm "$f.err" || rm "$f.out"; done';
  const { status, stderr } = peer('exec', 'sh', '-c', script, folder);
  assert.equal(status, 0, stderr);
}

test('varlinkctl prints our interfaces as they are written', async (t) => {
  if (!needsPeer(t)) return;
  await using directory = temporaryDirectory(t);
  const files = readdirSync(projectFile('interfaces')).filter((name) => name.endsWith('.varlink'));
  assert.equal(files.length, 5);
  for (const file of files) copyFileSync(projectFile('interfaces', file), directory.file(file));
  validateAll(directory.path);
  for (const file of files) {
    assert.equal(readFileSync(directory.file(`${file}.out`), 'utf8'), readFileSync(directory.file(file), 'utf8'), file);
  }
});

test('varlinkctl refuses just the definitions that have such a finding', async (t) => {
  if (!needsPeer(t)) return;
  await using directory = temporaryDirectory(t);
  const refusedOf = new Map<string, string[]>();
  for (const [index, text] of someDefinitions().entries()) {
    const file = `${index}.varlink`;
    writeFileSync(directory.file(file), text);
    const findings = checkInterface(parseInterface(text));
    const refused = findings.filter(
      ({ severity, message }) => severity === 'error' || /refused by sd-varlink/.test(message),
    );
    refusedOf.set(
      file,
      refused.map(({ where, message }) => `${where}: ${message}`),
    );
  }
  validateAll(directory.path);
  const present = new Set(readdirSync(directory.path));
  for (const [file, refused] of refusedOf) {
    const isRefused = present.has(`${file}.err`);
    assert.notEqual(isRefused, present.has(`${file}.out`), 'varlinkctl did not run');
    assert.equal(
      isRefused,
      refused.length > 0,
      `${readFileSync(directory.file(file), 'utf8')}\nfindings: ${refused.join('; ')}`,
    );
  }
});

/** Some that systemd should read, and as many with one finding. */
function someDefinitions(): string[] {
  const good: string[] = [];
  const bad: string[] = [];
  for (let seed = 0; seed < 20_000 && good.length + bad.length < 160; seed++) {
    const definition = randomInterface(seededRandom(seed));
    const findings = checkInterface(definition).filter(
      ({ message }) => !/refused by varlink\/go$|'any' is/.test(message),
    );
    if (definition.members.length < 2 || findings.length > 1) continue;
    const list = findings.length === 0 ? good : bad;
    if (list.length < 80) list.push(printInterface(definition));
  }
  assert.deepEqual([good.length, bad.length], [80, 80]);
  return [...good, ...bad];
}
