import type { Documented, Field, InterfaceDefinition, Member, StructType, TypeExpression } from './ast.js';

/**
 * Prints a definition in the layout of systemd: one field a line, indented by tabs, a blank line between members. What it
 * prints parses to the same definition. Members keep their order; `varlinkctl introspect` prints enums, structs, methods
 * and errors in this order, without blank comment lines.
 */
export function printInterface(definition: InterfaceDefinition): string {
  const blocks = [
    `${printComments(definition, '')}interface ${definition.name}\n`,
    ...definition.members.map((member) => printComments(member, '') + printMember(member)),
    ...definition.closingComments.map((block) => printComment(block, '')),
  ];
  return blocks.join('\n');
}

/** Prints a type as it stands after a field's colon, for messages and for the printer. */
export function printType(type: TypeExpression, indent = ''): string {
  switch (type.kind) {
    case 'nullable':
      return `?${printType(type.inner, indent)}`;
    case 'array':
      return `[]${printType(type.element, indent)}`;
    case 'map':
      return `[string]${printType(type.element, indent)}`;
    case 'named':
      return type.name;
    case 'enum':
      return printItems(type.values, type.closingComments, ({ name }) => name, indent);
    case 'struct':
      return printStruct(type, indent);
    default:
      return type.kind;
  }
}

function printMember(member: Member): string {
  switch (member.kind) {
    case 'type':
      return `type ${member.name}${printType(member.type)}\n`;
    case 'method':
      return `method ${member.name}${printStruct(member.input, '')} -> ${printStruct(member.output, '')}\n`;
    case 'error':
      return `error ${member.name}${printStruct(member.parameters, '')}\n`;
  }
}

function printStruct({ fields, closingComments }: StructType, indent: string): string {
  const printField = ({ name, type }: Field) => `${name}: ${printType(type, `${indent}\t`)}`;
  return printItems(fields, closingComments, printField, indent);
}

function printItems<Item extends Documented>(
  items: readonly Item[],
  closingComments: readonly string[],
  printItem: (item: Item) => string,
  indent: string,
): string {
  if (items.length === 0 && closingComments.length === 0) return '()';
  const inner = `${indent}\t`;
  const lines = items.map((item, index) => {
    const separator = index < items.length - 1 ? ',' : '';
    return `${printComments(item, inner)}${inner}${printItem(item)}${separator}\n`;
  });
  const closing = closingComments.map((block) => printComment(block, inner)).join('\n');
  return `(\n${lines.join('')}${closing}${indent})`;
}

function printComments({ documentation, detachedComments }: Documented, indent: string): string {
  const detached = detachedComments.map((block) => `${printComment(block, indent)}\n`).join('');
  return documentation === '' ? detached : detached + printComment(documentation, indent);
}

function printComment(block: string, indent: string): string {
  const lines = block.split(/\r\n|[\n\r\u2028\u2029]/);
  return lines.map((line) => `${indent}#${line === '' ? '' : ` ${line}`}\n`).join('');
}
