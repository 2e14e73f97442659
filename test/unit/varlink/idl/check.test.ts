import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkInterface } from '../../../../varlink/idl/check.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { projectFile } from '../../../support/project.js';

const containersText = 'containers in containers are refused by sd-varlink';
const elementsText = 'nullable elements are refused by sd-varlink';
const emptyText = 'an empty struct as a type is refused by sd-varlink';
const anyText = "'any' is an extension of sd-varlink; 'object' is understood by all";
const commentPattern = "a comment between the last field and ')' is refused by sd-varlink";
const anonymousText = 'the name of a type in an anonymous struct is refused by sd-varlink';
const upperCase = 'an upper-case first letter is refused by varlink/go';

const table: [members: string, findings: string[]][] = [
  ['type T (a: ?[]int, b: [string]T, c: [](d: int), e: (f, g))', []],
  ['method M() -> () error E ()', []],
  ['type T (a) type T (b)', ['error a.b: the name T is used twice']],
  ['type T (a) method T() -> ()', ['error a.b: the name T is used twice']],
  ['method T() -> () error T ()', ['error a.b: the name T is used twice']],
  ['type T (a, a)', ['error T: the name a is used twice']],
  ['type T (a: int, b: int, a: bool)', ['error T: the name a is used twice']],
  ['type T (a: [](b: int, b: int))', ['error T.a: the name b is used twice']],
  ['method M(a: int) -> (a: int)', []],
  ['type T (a: U)', ['error T.a: the type U is not defined']],
  ['method M(a: ?[]U) -> (b: V)', ['error M.a: the type U is not defined', 'error M.b: the type V is not defined']],
  ['error E (a: M) method M() -> ()', ['error E.a: the type M is not defined']],
  ['type T (a: [][]int)', [`portability T.a: ${containersText}`]],
  ['type T (a: [string][]int)', [`portability T.a: ${containersText}`]],
  ['type T (a: [][][]int)', [`portability T.a: ${containersText}`, `portability T.a: ${containersText}`]],
  ['type T (a: []?int)', [`portability T.a: ${elementsText}`]],
  ['type T (a: any)', [`portability T.a: ${anyText}`]],
  ['type T (a: ?[]any)', [`portability T.a: ${anyText}`]],
  ['type T ()', [`portability T: ${emptyText}`]],
  ['type T (a: ())', [`portability T.a: ${emptyText}`]],
  ['type T (a: [string]())', [`portability T.a: ${emptyText}`]],
  ['type T (a: ?())', [`portability T.a: ${emptyText}`]],
  ['type T (a: (b: ()))', [`portability T.a.b: ${emptyText}`]],
  ['type T (a: (b: ?U)) type U (a)', [`portability T.a.b: ${anonymousText}`]],
  ['method M() -> (a: ?[](b: (c: []U))) type U (a)', [`portability M.a.b.c: ${anonymousText}`]],
  ['type T (A: int)', [`portability T.A: ${upperCase}`]],
  ['type T (a: int\n# end\n)', [`portability T: ${commentPattern}`]],
  ['type T (a, b # end\n)', [`portability T: ${commentPattern}`]],
  ['type T (a: (b: int # end\n))', [`portability T.a: ${commentPattern}`]],
  ['method M(\n# none\n) -> ()', []],
  ['', ['portability a.b: an interface without members is refused by varlink/go']],
  ['type T (a)\n# end', ['portability a.b: a comment at the end is refused by varlink/go']],
];

for (const [members, findings] of table) {
  test(`check ${JSON.stringify(members)}`, () => {
    const found = checkInterface(parseInterface(`interface a.b\n${members}`));
    assert.deepEqual(
      found.map(({ severity, where, message }) => `${severity} ${where}: ${message}`),
      findings,
    );
  });
}

test('consecutive hyphens are not portable', () => {
  const [finding] = checkInterface(parseInterface('interface xn--a.b type T (a)'));
  assert.equal(finding?.message, 'consecutive hyphens are refused by sd-varlink and varlink/go');
});

test('our own interfaces have no findings, and every symbol, field and value of them is documented', () => {
  const files = readdirSync(projectFile('interfaces')).filter((name) => name.endsWith('.varlink'));
  assert.equal(files.length, 5);
  for (const file of files) {
    const definition = parseInterface(readFileSync(projectFile('interfaces', file), 'utf8'));
    assert.equal(`${definition.name}.varlink`, file);
    assert.deepEqual(checkInterface(definition), []);
    assert.doesNotMatch(JSON.stringify(definition), /"documentation":""/, file);
  }
});
