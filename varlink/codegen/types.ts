import type { EnumType, Field, ScalarType, StructType, TypeExpression } from '../idl/ast.js';
import type { PartNames } from './names.js';
import { docComment, indented, quoted } from './text.js';

/** The TypeScript type of an expression. */
export function typeText(names: PartNames, type: TypeExpression): string {
  switch (type.kind) {
    case 'nullable':
      return `${typeText(names, type.inner)} | ${names.form === 'messages' ? 'undefined' : 'null'}`;
    case 'array':
      return arrayText(typeText(names, type.element));
    case 'map':
      return `Record<string, ${typeText(names, type.element)}>`;
    case 'named':
      return names.type(type.name);
    case 'enum':
      return type.values.map(({ name }) => quoted(name)).join(' | ');
    case 'struct':
      return structText(names, type);
    default:
      return scalarText(names, type.kind);
  }
}

function scalarText(names: PartNames, kind: ScalarType['kind']): string {
  switch (kind) {
    case 'bool':
      return 'boolean';
    case 'int':
      return names.form === 'messages' ? 'number' : names.imported('Integer');
    case 'float':
      return 'number';
    case 'string':
      return 'string';
    case 'object':
      return `Record<string, ${names.imported('JsonValue')}>`;
    case 'any':
      return names.imported('JsonValue');
  }
}

/** The TypeScript type of a struct; an object type, not an interface, so that it is a Record of JSON values too. */
export function structText(names: PartNames, { fields }: StructType): string {
  if (fields.length === 0) return 'Record<never, never>';
  return `{\n${fields.map((field) => indented(fieldText(names, field))).join('')}}`;
}

/** The union of a type that is an enum, with the documentation of each value. */
export function enumText({ values }: EnumType): string {
  return values.map(({ name, documentation }) => indented(`\n${docComment(documentation)}| ${quoted(name)}`)).join('');
}

function fieldText(names: PartNames, { name, documentation, type }: Field): string {
  const mark = type.kind === 'nullable' ? '?' : '';
  return `${docComment(documentation)}${name}${mark}: ${typeText(names, type)};\n`;
}

function arrayText(element: string): string {
  return /^\w+$/.test(element) ? `${element}[]` : `Array<${element}>`;
}
