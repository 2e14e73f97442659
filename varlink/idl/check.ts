import type { EnumType, Field, InterfaceDefinition, Member, StructType, TypeExpression } from './ast.js';

/** Something about a parsed definition that its author should know. */
export interface Finding {
  /** An error makes the definition unusable; portability is about implementations that refuse it although it is valid. */
  readonly severity: 'error' | 'portability';
  /** The member and the fields in it, such as `Pull.keyrings`; the interface name for what concerns all of it. */
  readonly where: string;
  readonly message: string;
}

/**
 * Looks for what parses but cannot work (names used twice, types that are not defined) and for what other
 * implementations refuse: sd-varlink (systemd 262), varlink/go and varlink/python.
 */
export function checkInterface(definition: InterfaceDefinition): Finding[] {
  const typeNames = new Set(definition.members.flatMap((member) => (member.kind === 'type' ? [member.name] : [])));
  return [
    ...checkWhole(definition),
    ...findDuplicates(definition.name, definition.members),
    ...definition.members.flatMap((member) =>
      memberTypes(member).flatMap((type) => checkType(typeNames, member.name, type)),
    ),
    ...definition.members.flatMap((member) => (member.kind === 'type' ? checkEmpty(member.name, member.type) : [])),
  ];
}

function checkWhole({ name, members, closingComments }: InterfaceDefinition): Finding[] {
  const findings: Finding[] = [];
  if (name.includes('--'))
    findings.push(portability(name, 'consecutive hyphens are refused by sd-varlink and varlink/go'));
  if (members.length === 0) findings.push(portability(name, 'an interface without members is refused by varlink/go'));
  if (closingComments.length > 0) findings.push(portability(name, 'a comment at the end is refused by varlink/go'));
  return findings;
}

function memberTypes(member: Member): (StructType | EnumType)[] {
  switch (member.kind) {
    case 'type':
      return [member.type];
    case 'method':
      return [member.input, member.output];
    case 'error':
      return [member.parameters];
  }
}

function checkType(typeNames: ReadonlySet<string>, where: string, type: TypeExpression): Finding[] {
  switch (type.kind) {
    case 'struct':
      return [
        ...checkItems(where, type.fields, type.closingComments),
        ...type.fields.flatMap((field) => checkField(typeNames, where, field)),
      ];
    case 'enum':
      return checkItems(where, type.values, type.closingComments);
    case 'array':
    case 'map':
      return [...checkElement(where, type.element), ...checkInner(typeNames, where, type.element)];
    case 'nullable':
      return checkInner(typeNames, where, type.inner);
    case 'named':
      return typeNames.has(type.name) ? [] : [error(where, `the type ${type.name} is not defined`)];
    case 'any':
      return [portability(where, "'any' is an extension of sd-varlink; 'object' is understood by all")];
    default:
      return [];
  }
}

function checkField(typeNames: ReadonlySet<string>, parent: string, { name, type }: Field): Finding[] {
  const where = `${parent}.${name}`;
  const upperCase = /^[A-Z]/.test(name)
    ? [portability(where, 'an upper-case first letter is refused by varlink/go')]
    : [];
  return [...upperCase, ...checkInner(typeNames, where, type)];
}

/** What stands anywhere below a member, where an empty struct is a type. */
function checkInner(typeNames: ReadonlySet<string>, where: string, type: TypeExpression): Finding[] {
  const anonymous = type.kind === 'struct' ? checkAnonymous(where, type) : [];
  return [...checkEmpty(where, type), ...anonymous, ...checkType(typeNames, where, type)];
}

/** sd-varlink 262 does not look for types there and calls the interface inconsistent. */
function checkAnonymous(where: string, { fields }: StructType): Finding[] {
  const referring = fields.filter(({ type }) => innermost(type).kind === 'named');
  return referring.map(({ name }) =>
    portability(`${where}.${name}`, 'the name of a type in an anonymous struct is refused by sd-varlink'),
  );
}

function innermost(type: TypeExpression): TypeExpression {
  if (type.kind === 'nullable') return innermost(type.inner);
  return type.kind === 'array' || type.kind === 'map' ? innermost(type.element) : type;
}

function checkEmpty(where: string, type: TypeExpression): Finding[] {
  if (type.kind !== 'struct' || type.fields.length > 0) return [];
  return [portability(where, 'an empty struct as a type is refused by sd-varlink')];
}

function checkElement(where: string, element: TypeExpression): Finding[] {
  if (element.kind === 'nullable') return [portability(where, 'nullable elements are refused by sd-varlink')];
  if (element.kind !== 'array' && element.kind !== 'map') return [];
  return [portability(where, 'containers in containers are refused by sd-varlink')];
}

function checkItems(where: string, items: readonly { name: string }[], closingComments: readonly string[]): Finding[] {
  const duplicates = findDuplicates(where, items);
  if (items.length === 0 || closingComments.length === 0) return duplicates;
  return [...duplicates, portability(where, "a comment between the last field and ')' is refused by sd-varlink")];
}

function findDuplicates(where: string, items: readonly { name: string }[]): Finding[] {
  const seen = new Set<string>();
  const findings: Finding[] = [];
  for (const { name } of items) {
    if (seen.has(name)) findings.push(error(where, `the name ${name} is used twice`));
    seen.add(name);
  }
  return findings;
}

const error = (where: string, message: string): Finding => ({ severity: 'error', where, message });
const portability = (where: string, message: string): Finding => ({ severity: 'portability', where, message });
