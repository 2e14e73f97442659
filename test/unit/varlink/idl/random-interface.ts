import type {
  Documented,
  EnumType,
  Field,
  InterfaceDefinition,
  Member,
  NullableType,
  StructType,
  TypeExpression,
} from '../../../../varlink/idl/ast.js';
import { methodFlags } from '../../../../varlink/idl/documentation.js';
import { pick, type Random } from '../../../support/random.js';

const times = <Item>(count: number, make: () => Item): Item[] => Array.from({ length: count }, make);

const commentLines = [
  'text',
  '  indented',
  '',
  "[Supports 'more' flag]",
  "[Requires 'upgrade' flag]",
  '# twice',
  'ünï → 💿',
] as const;
const fieldNames = ['a', 'B', 'type', 'int', 'interface', 'a_b', 'x1_y2', 'camelCase'] as const;
const symbolNames = ['A', 'Foo', 'Bar2', 'XMLThing'] as const;
const interfaceNames = ['a.b', 'org.example.more', 'A-b.C-d', 'a.2b.c', 'xn--a.b'] as const;
const scalarKinds = ['bool', 'int', 'float', 'string', 'object', 'any'] as const;

/** A definition such as parsing can yield; names seldom repeat, types may be undefined. */
export function randomInterface(random: Random): InterfaceDefinition {
  return {
    name: pick(random, interfaceNames),
    ...documented(random),
    members: mostlyDistinct(
      random,
      times(random(7), () => member(random)),
    ),
    closingComments: closingComments(random),
  };
}

function member(random: Random): Member {
  const name = pick(random, symbolNames);
  const documentation = documented(random);
  switch (random(3)) {
    case 0:
      return { kind: 'type', name, ...documentation, type: random(2) ? struct(random, 0) : enumeration(random) };
    case 1: {
      const flags = methodFlags(documentation.documentation);
      return { kind: 'method', name, ...documentation, input: struct(random, 0), output: struct(random, 0), flags };
    }
    default:
      return { kind: 'error', name, ...documentation, parameters: struct(random, 0) };
  }
}

function type(random: Random, depth: number): TypeExpression {
  return random(4) === 0 ? { kind: 'nullable', inner: innerType(random, depth) } : innerType(random, depth);
}

function innerType(random: Random, depth: number): NullableType['inner'] {
  switch (random(depth > 4 ? 3 : 7)) {
    case 0:
    case 1:
      return { kind: pick(random, scalarKinds) };
    case 2:
      return { kind: 'named', name: pick(random, symbolNames) };
    case 3:
      return { kind: 'array', element: type(random, depth + 1) };
    case 4:
      return { kind: 'map', element: type(random, depth + 1) };
    case 5:
      return enumeration(random);
    default:
      return struct(random, depth + 1);
  }
}

function struct(random: Random, depth: number): StructType {
  const fields = times(
    random(4),
    (): Field => ({ name: pick(random, fieldNames), ...documented(random), type: type(random, depth) }),
  );
  return { kind: 'struct', fields: mostlyDistinct(random, fields), closingComments: closingComments(random) };
}

function enumeration(random: Random): EnumType {
  const values = times(1 + random(3), () => ({ name: pick(random, fieldNames), ...documented(random) }));
  return { kind: 'enum', values: mostlyDistinct(random, values), closingComments: closingComments(random) };
}

function mostlyDistinct<Item extends { name: string }>(random: Random, items: Item[]): Item[] {
  if (random(20) === 0) return items;
  return items.filter(({ name }, index) => items.findIndex((item) => item.name === name) === index);
}

function documented(random: Random): Documented {
  const documentation = random(2) ? comment(random) : '';
  return { documentation, detachedComments: random(4) ? [] : times(random(3), () => comment(random)) };
}

const closingComments = (random: Random): string[] => (random(4) ? [] : times(random(3), () => comment(random)));
const comment = (random: Random): string => times(1 + random(3), () => pick(random, commentLines)).join('\n');
