import { type AnyNode, type Node, parse } from 'acorn';

/** JavaScript that counts which of its branches were taken, and how many branches those are. */
export interface Instrumented {
  readonly code: string;
  readonly points: number;
}

/** The name under which the counters are found, one a byte. */
export const counterName = 'ferryFuzzCounters';
/** Room for the branches of all modules together. */
export const pointsMax = 1 << 14;

/**
 * Makes a module count: every function, branch, case and right side of a logical operator gets a counter of its own,
 * `globalThis.ferryFuzzCounters[n]`, numbered from `firstPoint`.
 */
export function instrument(source: string, firstPoint: number): Instrumented {
  const program = parse(source, { ecmaVersion: 2022, sourceType: 'module', allowHashBang: true });
  const inserter = new Inserter(firstPoint);
  inserter.visit(program);
  return {
    code: `const __c = globalThis.${counterName};${inserter.applyTo(source)}`,
    points: inserter.next - firstPoint,
  };
}

class Inserter {
  next: number;
  /** What to insert, by offset; in the order in which it has to stand there. */
  readonly #inserts = new Map<number, string>();

  constructor(firstPoint: number) {
    this.next = firstPoint;
  }

  applyTo(source: string): string {
    let [code, from] = ['', 0];
    for (const [at, text] of [...this.#inserts].sort(([one], [other]) => one - other)) {
      code += source.slice(from, at) + text;
      from = at;
    }
    return code + source.slice(from);
  }

  visit(node: Node): void {
    for (const child of childrenOf(node)) {
      const wrap = this.#wrapOf(node as AnyNode, child);
      if (wrap === null) {
        this.visit(child);
        continue;
      }
      this.#insert(child.start + wrap.skip, wrap.before);
      this.visit(child);
      this.#insert(child.end, wrap.after);
    }
  }

  #wrapOf(parent: AnyNode, child: Node): { before: string; after: string; skip: number } | null {
    if (!isBranch(parent, child)) return null;
    const count = `__c[${this.next++}]++`;
    if (child.type === 'BlockStatement') return { before: `${count};`, after: '', skip: 1 };
    if (parent.type === 'SwitchCase') return { before: `${count};`, after: '', skip: 0 };
    if (/Statement$|^(Variable|Function|Class)Declaration$/.test(child.type))
      return { before: `{${count};`, after: '}', skip: 0 };
    return { before: `(${count},`, after: ')', skip: 0 };
  }

  #insert(at: number, text: string): void {
    if (text !== '') this.#inserts.set(at, (this.#inserts.get(at) ?? '') + text);
  }
}

function isBranch(parent: AnyNode, child: Node): boolean {
  switch (parent.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      return child !== parent.test;
    case 'LogicalExpression':
      return child === parent.right;
    case 'SwitchCase':
      return child === parent.consequent[0];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
    case 'ForStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'CatchClause':
      return child === parent.body;
    default:
      return false;
  }
}

function childrenOf(node: Node): Node[] {
  const children = Object.values(node).flat().filter(isNode);
  return children.sort((one, other) => one.start - other.start);
}

function isNode(value: unknown): value is Node {
  return value instanceof Object && 'type' in value && 'start' in value && 'end' in value;
}
