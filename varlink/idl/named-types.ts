import type { EnumType, InterfaceDefinition, StructType } from './ast.js';

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
