import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile } from '../../support/project.js';

/** `integration/verbs/export: *title…*, *title*`, as docs/differences.md names tests; titles may be left out. */
const reference = /((?:unit|integration)\/[\w/-]+)((?:: | ?,? ?\*[^*]+\*)*)/g;

test('docs/differences.md names tests that there are', () => {
  const text = readFileSync(projectFile('docs', 'differences.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  assert.ok(rows.length > 40);
  for (const row of rows) {
    for (const [, file = '', titles = ''] of row.matchAll(reference)) {
      const path = projectFile('test', `${file}.test.ts`);
      assert.ok(existsSync(path), `${file} in: ${row}`);
      const source = readFileSync(path, 'utf8');
      for (const [, title = ''] of titles.matchAll(/\*([^*]+)\*/g)) {
        const parts = title
          .split('…')
          .map((part) => part.trim())
          .filter(Boolean);
        for (const part of parts) assert.ok(source.includes(part), `'${part}' is not in ${file}`);
      }
    }
  }
});

test('docs/differences.md has all items, without a gap, each with a proof or the word that there is nothing yet', () => {
  const text = readFileSync(projectFile('docs', 'differences.md'), 'utf8');
  const rows = text.split('\n').flatMap((line) => {
    const [, number = '', , ours = '', proof = ''] = line.split('|').map((cell) => cell.trim());
    return /^\d+$/.test(number) ? [{ number, ours, proof }] : [];
  });
  assert.ok(rows.length >= 35);
  assert.deepEqual(
    rows.map(({ number }) => Number(number)),
    rows.map((_, index) => index + 1),
  );
  for (const { number, ours, proof } of rows)
    assert.ok(/integration\/|unit\//.test(proof) || /\b(yet|no pull-oci)\b/.test(ours), number);
});
