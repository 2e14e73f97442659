import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cleanPath } from '../../../../../service/formats/tar/paths.js';
import { like } from '../../../../support/like.js';
import { hasAbsoluteName } from '../../../../support/texts/formats.js';

describe('names', () => {
  const clean: readonly [string, string][] = [
    ['a', 'a'],
    ['./a/', 'a'],
    ['a//b/./c/', 'a/b/c'],
    ['.', ''],
    ['./', ''],
    ['', ''],
    ['././/', ''],
    ['.a/..b/c..', '.a/..b/c..'],
  ];
  for (const [name, path] of clean) test(JSON.stringify(name), () => assert.equal(cleanPath(name, 0), path));
  for (const name of ['..', '../a', 'a/..', 'a/../b', './..', '..//', 'a/./../b'])
    test(`refused: ${name}`, () => assert.throws(() => cleanPath(name, 0), /leads out/));

  for (const name of ['/', '/a', '//a', '/./a', '/..', '/etc/passwd/'])
    test(`refused: ${name}`, () => assert.throws(() => cleanPath(name, 0), like`${hasAbsoluteName}`));
});
