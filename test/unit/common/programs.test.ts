import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { findProgram } from '../../../common/programs.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('a program is an executable file in an absolute directory of the search path', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('a/tool'), { recursive: true });
  mkdirSync(directory.file('b'));
  mkdirSync(directory.file('c'));
  writeFileSync(directory.file('b/tool'), '');
  writeFileSync(directory.file('c/tool'), '');
  chmodSync(directory.file('c/tool'), 0o755);
  const path = ['a', 'b', 'c'].map((name) => directory.file(name)).join(':');
  assert.equal(findProgram('tool', path), directory.file('c/tool'));
  assert.equal(findProgram('tool', `:.:${directory.file('b')}`), undefined);
  assert.equal(findProgram(directory.file('c/tool'), '/nowhere'), directory.file('c/tool'));
  assert.equal(findProgram(directory.file('b/tool'), path), undefined);
  assert.match(findProgram('sh', undefined) ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.match(findProgram('sh', '') ?? '', /^\/(usr\/)?bin\/sh$/);
});
