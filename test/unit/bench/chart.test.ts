import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chart } from '../../bench/chart.js';
import { readDocument } from '../../support/documents.js';
import { projectFile } from '../../support/project.js';

test('the chart shows what the table says', () => {
  const page = readDocument('docs/benchmarks.md');
  assert.equal(
    readFileSync(projectFile('docs', 'benchmarks.svg'), 'utf8'),
    chart(page),
    "run 'npm run bench -- --chart'",
  );
});

test('a table without one of the works makes no chart', () => {
  assert.throws(() => chart('| pull-raw xz | ext4 | 1.00 / 2.00 |\n'), /the table lacks 'pull-raw zst' on ext4/);
});
