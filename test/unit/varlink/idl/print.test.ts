import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { printInterface, printType } from '../../../../varlink/idl/print.js';
import { projectFile } from '../../../support/project.js';

for (const file of readdirSync(projectFile('interfaces')).filter((name) => name.endsWith('.varlink'))) {
  test(`${file} is printed as it is written`, () => {
    const text = readFileSync(projectFile('interfaces', file), 'utf8');
    assert.equal(printInterface(parseInterface(text)), text);
  });
}

const table: [what: string, text: string, printed: string][] = [
  ['only a name', ' interface   a.b ', 'interface a.b\n'],
  [
    'one line',
    'interface a.b error E() type T(a:int,b:?[](c:int,d:(e,f)),g:()) method M()->(h:[string]T)',
    `interface a.b

error E()

type T(
	a: int,
	b: ?[](
		c: int,
		d: (
			e,
			f
		)
	),
	g: ()
)

method M() -> (
	h: [string]T
)
`,
  ],
  [
    'comments',
    `#l

#i
#
#   j
interface a.b
# apart



# also apart

#t
type T( # e1
e1,#e2
e2

# last

# very last
)
method M(#m
)->(#
)
#end
`,
    `# l

# i
#
#   j
interface a.b

# apart

# also apart

# t
type T(
	# e1
	e1,
	# e2
	e2
	# last

	# very last
)

method M(
	# m
) -> (
	#
)

# end
`,
  ],
];

for (const [what, text, printed] of table) {
  test(what, () => {
    assert.equal(printInterface(parseInterface(text)), printed);
    assert.deepEqual(parseInterface(printed), parseInterface(text));
  });
}

test('line ends in a comment cannot break out of it', () => {
  const definition = { ...parseInterface('interface a.b'), documentation: 'one\rtype\u2028two' };
  assert.equal(printInterface(definition), '# one\n# type\n# two\ninterface a.b\n');
});

test('a type by itself', () => {
  assert.equal(printType({ kind: 'nullable', inner: { kind: 'array', element: { kind: 'int' } } }), '?[]int');
});
