import type { InterfaceDefinition, MethodDefinition, TypeExpression } from '../idl/ast.js';

/** Whether a message is told to somebody, who then does it; the others are said of what was done. Its documentation tells. */
export function isOrder({ documentation }: MethodDefinition): boolean {
  return /^\[Told to /m.test(documentation);
}

/** The structs that orders alone need, by name: directly, or in one another. */
export function structsOfOrders({ members }: InterfaceDefinition): ReadonlySet<string> {
  const types = new Map(members.flatMap((member) => (member.kind === 'type' ? [[member.name, member.type]] : [])));
  const reached = (methods: readonly MethodDefinition[]): Set<string> => {
    const found = new Set<string>();
    const visit = (type: TypeExpression): void => {
      if (type.kind === 'nullable') visit(type.inner);
      else if (type.kind === 'array' || type.kind === 'map') visit(type.element);
      else if (type.kind === 'struct') for (const field of type.fields) visit(field.type);
      else if (type.kind === 'named' && !found.has(type.name)) {
        found.add(type.name);
        const named = types.get(type.name);
        if (named?.kind === 'struct') visit(named);
      }
    };
    for (const { input } of methods) visit(input);
    return found;
  };
  const methods = members.filter((member) => member.kind === 'method');
  const shared = reached(methods.filter((method) => !isOrder(method)));
  return new Set([...reached(methods.filter(isOrder))].filter((name) => !shared.has(name)));
}
