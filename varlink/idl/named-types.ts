import type { EnumType, Field, InterfaceDefinition, StructType, TypeExpression } from './ast.js';

/** The types that an interface defines, by name. */
export type NamedTypes = ReadonlyMap<string, StructType | EnumType>;

const typesByDefinition = new WeakMap<InterfaceDefinition, NamedTypes>();

export function typesOf(definition: InterfaceDefinition): NamedTypes {
  const known = typesByDefinition.get(definition);
  if (known !== undefined) return known;
  const types: NamedTypes = new Map(
    definition.members.flatMap((member) => (member.kind === 'type' ? [[member.name, member.type]] : [])),
  );
  typesByDefinition.set(definition, types);
  return types;
}

const fieldTypes = new WeakMap<readonly Field[], ReadonlyMap<string, TypeExpression>>();

/** The types of fields, by their names. */
export function fieldTypesOf(fields: readonly Field[]): ReadonlyMap<string, TypeExpression> {
  const known = fieldTypes.get(fields);
  if (known !== undefined) return known;
  const types = new Map(fields.map(({ name, type }) => [name, type]));
  fieldTypes.set(fields, types);
  return types;
}
