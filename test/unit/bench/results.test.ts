import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { RowResult } from '../../bench/report.js';
import { earlier, type Results, text, write, writeMarkdown } from '../../bench/results.js';
import type { Measurement } from '../../bench/sides.js';
import { projectFile } from '../../support/project.js';
import { temporaryDirectory } from '../../support/temporary.js';

const machine = {
  processor: 'Fast One',
  processors: 2,
  memoryMiB: 1000,
  kernel: '6.1',
  node: 'v20',
  systemd: 'systemd 262',
  commit: 'abc',
  libraries: { ferry: ['liblzma5 1'], systemd: ['liblzma5 2'] },
};

function ran(wallSeconds: number, cpuSeconds: number): Measurement {
  return {
    status: 0,
    wallSeconds,
    cpuSeconds,
    totalBytes: 3 << 20,
    daemonBytes: 2 << 20,
    clientBytes: 1 << 20,
    output: '',
  };
}

function result(row: string, filesystem: RowResult['filesystem'], sandbox: readonly number[]): RowResult {
  const runs = { ferry: sandbox.map((layer) => ran(layer, 1)), systemd: sandbox.map(() => ran(2, 0.5)) };
  return { row, filesystem, date: '2026-01-02T03:04:05Z', runs, coderSeconds: 0.5, diskSeconds: null };
}

const results: Results = {
  machine,
  rows: [result('second instance of a tar', 'btrfs', [1.9]), result('pull-raw qcow2', 'ext4', [9, 1, 1.5])],
};

test('a table has medians, ratios, whether targets are met, and the libraries of both sides', () => {
  const [, ...lines] = text(results)
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(lines[0]?.slice(0, 6), ['pull-raw qcow2', 'ext4', '1.50 / 2.00', '0.75', '0.70', 'no']);
  assert.deepEqual(lines[0]?.slice(6, 10), ['1.00 / 0.50', '2.00', 'no', '0.50 (3.00 of it, target 1.10)']);
  assert.deepEqual(lines[1]?.slice(0, 6), ['second instance of a tar', 'btrfs', '1.90 / 2.00', '0.95', '1.00', 'yes']);
  assert.match(text(results), /Libraries of Ferry: liblzma5 1\nLibraries of systemd: liblzma5 2/);
});

test('the table of a document is replaced, and nothing around it', async (t) => {
  await using directory = temporaryDirectory(t);
  const file = directory.file('benchmarks.md');
  const document = readFileSync(projectFile('docs', 'benchmarks.md'), 'utf8');
  writeFileSync(file, document);
  writeMarkdown(file, results);
  const once = readFileSync(file, 'utf8');
  writeMarkdown(file, results);
  assert.equal(readFileSync(file, 'utf8'), once);
  assert.match(once, /\| pull-raw qcow2 \| ext4 \| 1\.50 \/ 2\.00 \| 0\.75 \|/);
  assert.match(once, /Measured on 2026-01-02; medians of 1\./);
  const around = (whole: string) => whole.split(/<!-- begin[\s\S]*<!-- end/);
  assert.deepEqual(around(once), around(document));
  writeFileSync(file, 'no markers');
  assert.throws(() => writeMarkdown(file, results), /lacks the lines/);
});

test('rows that are not measured anew are kept', async (t) => {
  await using directory = temporaryDirectory(t);
  const file = directory.file('results.json');
  assert.deepEqual(
    earlier(file, () => false),
    [],
  );
  write(file, results);
  const kept = earlier(file, (row, filesystem) => row === 'pull-raw qcow2' && filesystem === 'ext4');
  assert.deepEqual(
    kept.map(({ row }) => row),
    ['second instance of a tar'],
  );
});
