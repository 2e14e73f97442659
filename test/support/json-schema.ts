import { readFileSync } from 'node:fs';
import { projectFile } from './project.js';

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/** The schemas of docs/json.md, by the names that their blocks are for. */
export function documentedSchemas(): ReadonlyMap<string, Schema> {
  const text = readFileSync(projectFile('docs', 'json.md'), 'utf8');
  const blocks = [...text.matchAll(/^```json (.+)\n([\s\S]*?)^```$/gm)];
  return new Map(
    blocks.flatMap(([, names = '', block = '']) => names.split(' ').map((name) => [name, JSON.parse(block)] as const)),
  );
}

/** In what a value is not what a schema says, a line each. What the schema does not list is told too. */
export function schemaProblems(value: unknown, schema: Schema, place = '$'): string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${place} is ${JSON.stringify(value)}`];
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.includes(typeOf(value))) return [`${place} is ${typeOf(value)}, not ${types}`];
  const { items, properties } = schema;
  if (Array.isArray(value) && items !== undefined)
    return value.flatMap((item, index) => schemaProblems(item, items, `${place}[${index}]`));
  return typeOf(value) === 'object' && properties !== undefined
    ? objectProblems(Object(value), properties, schema.required ?? Object.keys(properties), place)
    : [];
}

function objectProblems(
  value: Readonly<Record<string, unknown>>,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  place: string,
): string[] {
  const missing = required.filter((key) => !(key in value)).map((key) => `${place}.${key} is missing`);
  const found = Object.entries(value).flatMap(([key, member]) => {
    const schema = properties[key];
    return schema === undefined
      ? [`${place}.${key} is not documented`]
      : schemaProblems(member, schema, `${place}.${key}`);
  });
  return [...missing, ...found];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
