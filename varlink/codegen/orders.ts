import type { InterfaceDefinition, MethodDefinition, TypeExpression } from '../idl/ast.js';

/** Whether a message tells a process to do something; the others say what was done. Its documentation has it. */
export function isOrder({ documentation }: MethodDefinition): boolean {
  return /^\[Told to /m.test(documentation);
}

/** The structs that one kind of messages alone needs, by name: directly, or in one another. */
interface OwnStructs {
  readonly ofOrders: ReadonlySet<string>;
  /** Empty where all methods are of the other kind. */
  readonly ofAnswers: ReadonlySet<string>;
}

/** Which structs belong to orders, and which to what is said about them. */
export function ownStructs({ members }: InterfaceDefinition): OwnStructs {
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
  const [orders, answers] = [reached(methods.filter(isOrder)), reached(methods.filter((method) => !isOrder(method)))];
  const without = (some: Set<string>, others: Set<string>) => new Set([...some].filter((name) => !others.has(name)));
  return {
    ofOrders: without(orders, answers),
    ofAnswers: methods.some(isOrder) ? without(answers, orders) : new Set(),
  };
}
