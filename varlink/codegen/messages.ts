import type { MethodDefinition } from '../idl/ast.js';
import { lowerFirst, type PartNames } from './names.js';
import { isOrder } from './orders.js';
import { docComment, indented, quoted } from './text.js';
import { structText } from './types.js';

/** The union of all messages. */
export function messageUnion(names: PartNames, interfaceName: string, methods: readonly MethodDefinition[]): string {
  const members = methods
    .map((method) => indented(`| ${names.from(isOrder(method) ? 'orders' : 'messages', `${method.name}Message`)}\n`))
    .join('');
  return `/** All messages of ${interfaceName}. */\nexport type ${names.prefix}Message =\n${members.trimEnd()};\n`;
}

/** The type of a message, which tells its name as `type`. */
export function messageDeclaration(names: PartNames, { name, documentation, input }: MethodDefinition): string {
  const type = `{\n  type: ${quoted(lowerFirst(name))};\n`;
  const text = structText(names, input);
  const fields = input.fields.length === 0 ? '}' : text.slice('{\n'.length);
  return `${docComment(documentation)}export type ${name}Message = ${type}${fields};\n`;
}
