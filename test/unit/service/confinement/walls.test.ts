import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram } from '../../../../service/confinement/walls.js';

test('programs are looked for where those of the system are, and nowhere else', () => {
  assert.match(findProgram('sh') ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.equal(findProgram('no-such-program'), null);
  const before = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  assert.notEqual(findProgram('sh'), null);
  process.env['PATH'] = before;
});
