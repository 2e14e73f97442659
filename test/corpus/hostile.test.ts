import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { projectFile } from '../support/project.js';
import { tally } from '../support/tally.js';
import { decodedFloods, floods } from './floods.js';

/*
 * Every hostile input, and what comes of it to the last word of the message: `NAME → OUTCOME` in outcomes.txt.
 * FERRY_TEST_ACCEPT=1 writes that file anew, to be read before it is committed.
 */

const table = projectFile('test', 'corpus', 'outcomes.txt');
const isAccepting = process.env['FERRY_TEST_ACCEPT'] === '1';
const expected = existsSync(table) ? readFileSync(table, 'utf8').trimEnd().split('\n') : [];
const found: string[] = [];

/** Of the process that takes the inputs in, in bytes. */
const memoryMax = 300 * 1024 * 1024;
/** Longest that one input may take. A limit against hanging, not a measure: the machine may be busy. */
const inputTimeoutMs = 120_000;

interface Line {
  begins?: string;
  name?: string;
  outcome?: string;
  memory?: number;
}

/** Runs one group and gives back its lines of the table, and the memory it needed. */
async function takeIn(...group: string[]): Promise<{ outcomes: string[]; memory: number }> {
  const child = spawn(process.execPath, [projectFile('build', 'test', 'corpus', 'run.js'), ...group], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const outcomes: string[] = [];
  let [current, memory] = ['', Number.POSITIVE_INFINITY];
  const hang = () => {
    outcomes.push(`${current} → HANGS`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(hang, inputTimeoutMs);
  for await (const text of createInterface(child.stdout)) {
    clearTimeout(timer);
    timer = setTimeout(hang, inputTimeoutMs);
    const line: Line = JSON.parse(text);
    if (line.begins !== undefined) current = line.begins;
    if (line.outcome !== undefined) outcomes.push(`${line.name} → ${line.outcome}`);
    memory = line.memory ?? memory;
  }
  clearTimeout(timer);
  return { outcomes, memory };
}

const groups = [
  ['archives'],
  ['disks'],
  ['frames'],
  ...Object.keys({ ...floods, ...decodedFloods }).map((name) => ['flood', name]),
];

describe('hostile inputs', () => {
  for (const group of groups) {
    test(group.join(': '), async (t) => {
      if (!needs(t, { root: true })) return;
      const { outcomes, memory } = await takeIn(...group);
      found.push(...outcomes);
      tally('hostile inputs', outcomes.length);
      assert.ok(memory < memoryMax, `${memory / 2 ** 20} MiB were needed`);
      const names = new Set(outcomes.map(nameOf));
      if (!isAccepting) {
        assert.deepEqual(
          outcomes,
          expected.filter((line) => names.has(nameOf(line))),
        );
      }
    });
  }

  test('archives that are taken for layers, over layers whose links lead out, and over themselves', async (t) => {
    if (!needs(t, { root: true })) return;
    const { outcomes, memory } = await takeIn('layers');
    tally('hostile inputs', outcomes.length);
    assert.ok(memory < memoryMax, `${memory / 2 ** 20} MiB were needed`);
    const word = '(laid over (links|itself)|Corrupt|UnsupportedFormat|FileSystemError)';
    const isExpected = new RegExp(` → ${word}, ${word}$`);
    assert.deepEqual(
      outcomes.filter((line) => !isExpected.test(line)),
      [],
    );
    assert.ok(outcomes.length > 100 && outcomes.some((line) => line.endsWith('laid over links, laid over itself')));
  });

  test('every line of the table was seen', (t) => {
    if (!needs(t, { root: true })) return;
    assert.equal(new Set(found.map(nameOf)).size, found.length, 'two inputs have the same name');
    if (!isAccepting) assert.deepEqual(found.length, expected.length);
  });

  after(() => {
    if (isAccepting) writeFileSync(table, `${found.join('\n')}\n`);
  });
});

const nameOf = (line: string) => line.slice(0, line.indexOf(' → '));
