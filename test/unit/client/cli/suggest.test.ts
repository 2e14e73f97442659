import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from '../../../../client/cli/suggest.js';

const distances: [left: string, right: string, distance: number][] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'axc', 1],
  ['kitten', 'sitting', 3],
];

for (const [left, right, distance] of distances) {
  test(`'${left}' is ${distance} from '${right}'`, () => assert.equal(editDistance(left, right), distance));
}

const classes = ['machine', 'portable', 'sysext', 'confext'];
const guesses: [word: string, meant: string | undefined][] = [
  ['machin', 'machine'],
  ['Machine', 'machine'],
  ['sysetx', 'sysext'],
  ['p', undefined],
  ['po', 'portable'],
  ['container', undefined],
  ['', undefined],
];

for (const [word, meant] of guesses) {
  test(`'${word}' means ${meant}`, () => assert.equal(nearest(word, classes), meant));
}
