import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MethodDefinition } from '../../../../varlink/idl/ast.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';

test('the block directly above documents; blocks further above are set apart', () => {
  const definition = parseInterface(`
# Licence

# First line
#
#   indented  \t
#close
interface a.b

# Apart 1
# still 1

# Apart 2

type T (
	# of a
	a: int,

	# lost

	b: int, # of c
	c: int
)
`);
  assert.deepEqual(definition.detachedComments, ['Licence']);
  assert.equal(definition.documentation, 'First line\n\n  indented\nclose');
  const [type] = definition.members;
  assert(type?.kind === 'type' && type.type.kind === 'struct');
  assert.equal(type.documentation, '');
  assert.deepEqual(type.detachedComments, ['Apart 1\nstill 1', 'Apart 2']);
  assert.deepEqual(
    type.type.fields.map(({ name, documentation, detachedComments }) => [name, documentation, detachedComments]),
    [
      ['a', 'of a', []],
      ['b', '', ['lost']],
      ['c', 'of c', []],
    ],
  );
});

test('no comment is lost, wherever it stands', () => {
  const text = `#1
interface #2
a.b #3
type #4
T #5
( #6
a #7
: #8
int #9
, #10
b: (x, #11
y #12
) #13
) #14
method M( #15
) #16
-> #17
( #18
) #19
error E() #20`;
  const found = [...JSON.stringify(parseInterface(text)).matchAll(/(?<=["n])\d+(?=["\\])/g)].map(([number]) =>
    Number(number),
  );
  assert.deepEqual(
    found.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('comments before a parenthesis are kept apart from those of the next symbol', () => {
  const [type, method] = parseInterface('interface a.b\ntype T (\na,\nb\n# end\n)\nmethod M(\n# none\n) -> ()').members;
  assert(type?.kind === 'type' && method?.kind === 'method');
  assert.deepEqual(type.type.closingComments, ['end']);
  assert.deepEqual(method.input.closingComments, ['none']);
  assert.equal(method.documentation, '');
});

const flagTable: [comment: string, flags: (keyof MethodDefinition['flags'])[]][] = [
  ['# Nothing', []],
  ["# [Supports 'more' flag]", ['supportsMore']],
  ["# Text\n#[Supports 'more' flag]\n# Text", ['supportsMore']],
  ["# [Requires 'more' flag]", ['requiresMore', 'supportsMore']],
  ["# [Supports 'more' flag]\n# [Supports 'upgrade' flag]", ['supportsMore', 'supportsUpgrade']],
  ["# [Requires 'upgrade' flag]", ['requiresUpgrade', 'supportsUpgrade']],
  ["# Once had [Supports 'more' flag] in it", []],
  ["# [Supports 'more' flag]\n", []],
];

for (const [comment, flags] of flagTable) {
  test(`flags of ${JSON.stringify(comment)}`, () => {
    const [method] = parseInterface(`interface a.b\n${comment}\nmethod M() -> ()`).members;
    assert(method?.kind === 'method');
    assert.deepEqual(
      Object.entries(method.flags).flatMap(([name, set]) => (set ? [name] : [])),
      flags,
    );
  });
}
