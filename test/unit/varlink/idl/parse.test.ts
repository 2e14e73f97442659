import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field, InterfaceDefinition, TypeExpression } from '../../../../varlink/idl/ast.js';
import { IdlError, parseInterface } from '../../../../varlink/idl/parse.js';

const int: TypeExpression = { kind: 'int' };
const string: TypeExpression = { kind: 'string' };
const plain = { documentation: '', detachedComments: [] };

const field = (name: string, type: TypeExpression): Field => ({ name, type, ...plain });
const struct = (...fields: Field[]) => ({ kind: 'struct' as const, fields, closingComments: [] });
const enumeration = (...names: string[]) => ({
  kind: 'enum' as const,
  values: names.map((name) => ({ name, ...plain })),
  closingComments: [],
});
const array = (element: TypeExpression): TypeExpression => ({ kind: 'array', element });
const map = (element: TypeExpression): TypeExpression => ({ kind: 'map', element });
const nullable = (inner: Exclude<TypeExpression, { kind: 'nullable' }>) => ({ kind: 'nullable' as const, inner });

/** The type of the field in `type T (f: TEXT)`. */
function typeOf(text: string): TypeExpression {
  const [member] = parseInterface(`interface a.b type T (f: ${text})`).members;
  assert(member?.kind === 'type' && member.type.kind === 'struct' && member.type.fields.length === 1);
  const [first] = member.type.fields;
  assert(first?.name === 'f');
  return first.type;
}

const types: [string, TypeExpression][] = [
  ['bool', { kind: 'bool' }],
  ['int', int],
  ['float', { kind: 'float' }],
  ['string', string],
  ['object', { kind: 'object' }],
  ['any', { kind: 'any' }],
  ['Other', { kind: 'named', name: 'Other' }],
  ['T', { kind: 'named', name: 'T' }],
  ['?int', nullable({ kind: 'int' })],
  ['[]int', array(int)],
  ['[string]int', map(int)],
  ['?[]int', nullable({ kind: 'array', element: int })],
  ['[]?int', array(nullable({ kind: 'int' }))],
  ['[][]int', array(array(int))],
  ['[string][]int', map(array(int))],
  ['[][string]int', array(map(int))],
  ['[string][string]string', map(map(string))],
  [
    '?[]?[string]?int',
    nullable({ kind: 'array', element: nullable({ kind: 'map', element: nullable({ kind: 'int' }) }) }),
  ],
  ['()', struct()],
  ['( \n )', struct()],
  ['?()', nullable(struct())],
  ['[string]()', map(struct())],
  ['(one)', enumeration('one')],
  ['(one, two)', enumeration('one', 'two')],
  ['(one: int)', struct(field('one', int))],
  ['(one: int, two: string)', struct(field('one', int), field('two', string))],
  ['( one : int\t,two\n:\nstring )', struct(field('one', int), field('two', string))],
  ['?(one, two)', nullable(enumeration('one', 'two'))],
  ['[](a: int)', array(struct(field('a', int)))],
  ['?[](a: int)', nullable({ kind: 'array', element: struct(field('a', int)) })],
  [
    '?[]?[string](foo, bar, baz)',
    nullable({ kind: 'array', element: nullable({ kind: 'map', element: enumeration('foo', 'bar', 'baz') }) }),
  ],
  ['(a: (b: (c: (d, e))))', struct(field('a', struct(field('b', struct(field('c', enumeration('d', 'e')))))))],
  // Keywords and the names of types are names like others.
  [
    '(type, method, error, interface, int, string, any)',
    enumeration('type', 'method', 'error', 'interface', 'int', 'string', 'any'),
  ],
  ['(int: int, type: string)', struct(field('int', int), field('type', string))],
  ['(A_b1_C: int)', struct(field('A_b1_C', int))],
];

for (const [text, expected] of types) {
  test(`type ${JSON.stringify(text)}`, () => assert.deepEqual(typeOf(text), expected));
}

const names = [
  'a.b',
  'org.varlink.service',
  'A.B',
  'a.2b',
  'a1.b',
  'xn--lgbbat1ad8j.example.algeria',
  'exa--mple.b',
  'a-b.c-d',
  'com.0example',
];
for (const name of names) {
  test(`interface name ${name}`, () => assert.equal(parseInterface(`interface ${name}`).name, name));
}

const badNames = ['a', 'a.', '.a', 'a..b', '1.b', '-a.b', 'a-.b', 'a.-b', 'a.b-', 'a_b.c', 'a.b_', 'ä.b'];
for (const name of badNames) {
  test(`no interface name: ${name}`, () => assert.throws(() => parseInterface(`interface ${name}\n`), IdlError));
}

const refused: [text: string, message: string][] = [
  ['', "1:1: expected 'interface', found the end of the text"],
  ['# only a comment', "1:17: expected 'interface', found the end of the text"],
  ['type T (a)', "1:1: expected 'interface', found 'type'"],
  ['interface', '1:10: expected an interface name, found the end of the text'],
  ['interface a.b interface c.d', "1:15: expected 'type', 'method' or 'error', found 'interface'"],
  ['interface a.b\nerror E', "2:8: expected '(', found the end of the text"],
  ['interface a.b\nerror E\nerror F ()', "3:1: expected '(', found 'error'"],
  ['interface a.b\nerror E (a, b)', '2:9: expected a struct, found an enum'],
  ['interface a.b\nmethod M(a) -> ()', '2:9: expected a struct, found an enum'],
  ['interface a.b\nmethod M() -> (a)', '2:15: expected a struct, found an enum'],
  ['interface a.b\nmethod M()', "2:11: expected '->', found the end of the text"],
  ['interface a.b\nmethod M() - > ()', "2:12: unexpected '-'"],
  ['interface a.b\nmethod M', "2:9: expected '(', found the end of the text"],
  ['interface a.b\nmethod m() -> ()', "2:8: expected a method name, found 'm'"],
  ['interface a.b\ntype t (a)', "2:6: expected a type name, found 't'"],
  ['interface a.b\ntype T_u (a)', "2:6: expected a type name, found 'T_u'"],
  ['interface a.b\ntype int (a)', "2:6: expected a type name, found 'int'"],
  ['interface a.b\nerror 1E ()', "2:7: expected an error name, found '1E'"],
  ['interface a.b\ntype T int', "2:8: expected '(', found 'int'"],
  ['interface a.b\ntype T []int', "2:8: expected '(', found '[]'"],
  ['interface a.b\ntype T ?(a)', "2:8: expected '(', found '?'"],
  ['interface a.b\ntype T (a: ??int)', "2:13: expected a type, found '?'"],
  ['interface a.b\ntype T (a: int,)', "2:16: expected a field name, found ')'"],
  ['interface a.b\ntype T (a,)', "2:11: expected a field name, found ')'"],
  ['interface a.b\ntype T (,a)', "2:9: expected a field name, found ','"],
  ['interface a.b\ntype T (a: int b: int)', "2:16: expected ',' or ')', found 'b'"],
  ['interface a.b\ntype T (a: int, b)', "2:18: expected ':', found ')'"],
  ['interface a.b\ntype T (a, b: int)', "2:13: expected ',' or ')', found ':'"],
  ['interface a.b\ntype T (a', "2:10: expected ',' or ')', found the end of the text"],
  ['interface a.b\ntype T (a:', '2:11: expected a type, found the end of the text'],
  ['interface a.b\ntype T (a: )', "2:12: expected a type, found ')'"],
  ['interface a.b\ntype T (a: foo)', "2:12: expected a type, found 'foo'"],
  ['interface a.b\ntype T (a: []?[])', "2:17: expected a type, found ')'"],
  ['interface a.b\ntype T (a: [int]int)', "2:12: unexpected '['"],
  ['interface a.b\ntype T (a: [ ]int)', "2:12: unexpected '['"],
  ['interface a.b\ntype T (a: [ string ]int)', "2:12: unexpected '['"],
  ['interface a.b\ntype T (a: ? int)', "2:14: expected a type without a space before it, found 'int'"],
  ['interface a.b\ntype T (a: [] int)', "2:15: expected a type without a space before it, found 'int'"],
  ['interface a.b\ntype T (a: [string]\nint)', "3:1: expected a type without a space before it, found 'int'"],
  ['interface a.b\ntype T (foo__bar: int)', "2:9: expected a field name, found 'foo__bar'"],
  ['interface a.b\ntype T (_foo: int)', "2:9: expected a field name, found '_foo'"],
  ['interface a.b\ntype T (foo_: int)', "2:9: expected a field name, found 'foo_'"],
  ['interface a.b\ntype T (1foo)', "2:9: expected a field name, found '1foo'"],
  ['interface a.b\ntype T (q-cow2)', "2:9: expected a field name, found 'q-cow2'"],
  ['interface a.b\ntype T (a.b)', "2:9: expected a field name, found 'a.b'"],
  ['interface a.b\r\n\ttype T (\u0000)', '2:10: unexpected character U+0000'],
  ['interface a.b // comment', "1:15: unexpected '/'"],
  ['interface a.b 💿', '1:15: unexpected character U+1F4BF'],
];

for (const [text, message] of refused) {
  test(`refused: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseInterface(text), { name: 'IdlError', message });
  });
}

test('an error tells line and column', () => {
  assert.throws(() => parseInterface('interface a.b\u2028\r\n  %'), { line: 3, column: 3 });
});

const sameText: [string, string][] = [
  ['one line', 'interface a.b type T (a: int, b: string) method M(c: T) -> (d: []T) error E (e: int)'],
  ['no space where none is needed', 'interface a.b type T(a:int,b:string)method M(c:T)->(d:[]T)error E(e:int)'],
  [
    'CRLF',
    'interface a.b\r\ntype T (\r\n\ta: int,\r\n\tb: string\r\n)\r\nmethod M(c: T) -> (d: []T)\r\nerror E (e: int)\r\n',
  ],
  ['CR', 'interface a.b\rtype T (a: int, b: string)\rmethod M(c: T) -> (d: []T)\rerror E (e: int)\r'],
  [
    'tabs',
    '\tinterface\ta.b\ttype\tT\t(\ta:\tint\t,\tb\t:\tstring\t)\tmethod\tM(c:\tT)\t->\t(d:\t[]T)\terror\tE\t(e:\tint)\t',
  ],
  [
    'byte order mark and wide blanks',
    '\ufeffinterface\u00a0a.b\u2028type T (a:\u3000int, b: string)\u2029method M(c: T) -> (d: []T) error E (e: int)',
  ],
];

test('blanks and line ends only separate', () => {
  const expected: InterfaceDefinition['members'] = [
    { kind: 'type', name: 'T', ...plain, type: struct(field('a', int), field('b', string)) },
    {
      kind: 'method',
      name: 'M',
      ...plain,
      input: struct(field('c', { kind: 'named', name: 'T' })),
      output: struct(field('d', array({ kind: 'named', name: 'T' }))),
      flags: { requiresMore: false, supportsMore: false, requiresUpgrade: false, supportsUpgrade: false },
    },
    { kind: 'error', name: 'E', ...plain, parameters: struct(field('e', int)) },
  ];
  for (const [what, text] of sameText) assert.deepEqual(parseInterface(text).members, expected, what);
});

test('64 levels of nesting are read, 65 are not', () => {
  assert.equal(typeOf(`${'[]'.repeat(63)}int`).kind, 'array');
  assert.throws(() => typeOf(`${'[]'.repeat(64)}int`), /types nested deeper than 64/);
  assert.throws(() => typeOf(`${'(a: '.repeat(100_000)}`), /types nested deeper than 64/);
});
