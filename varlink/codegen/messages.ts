import type { MethodDefinition } from '../idl/ast.js';
import { lowerFirst, type PartNames } from './names.js';
import { docComment, indented, quoted } from './text.js';
import { structText } from './types.js';

/** A type for each message, which tells its name as `type`, and the union of them. */
export function messageDeclarations(
  names: PartNames,
  interfaceName: string,
  methods: readonly MethodDefinition[],
): string[] {
  const members = methods.map(({ name }) => indented(`| ${name}Message\n`)).join('');
  const union = `/** All messages of ${interfaceName}. */\nexport type ${names.prefix}Message =\n${members.trimEnd()};\n`;
  return [...methods.map((method) => messageDeclaration(names, method)), ...(methods.length > 0 ? [union] : [])];
}

function messageDeclaration(names: PartNames, { name, documentation, input }: MethodDefinition): string {
  const type = `{\n  type: ${quoted(lowerFirst(name))};\n`;
  const text = structText(names, input);
  const fields = input.fields.length === 0 ? '}' : text.slice('{\n'.length);
  return `${docComment(documentation)}export type ${name}Message = ${type}${fields};\n`;
}
