import type {
  EnumType,
  Field,
  InterfaceDefinition,
  Member,
  MethodDefinition,
  StructType,
  TypeExpression,
} from '../../varlink/idl/ast.js';
import { type Block, item, type Page, paragraph, section } from './page.js';

/**
 * The manual page of a Varlink interface: the text around it, and its methods, types and errors with their comments.
 *
 * @param frame what the definition does not say; its section `Interface` is where the members go
 */
export function interfacePage(frame: Page, definition: InterfaceDefinition): Page {
  const at = frame.blocks.findIndex((block) => block.kind === 'section' && block.title === 'Interface');
  const [before, after] = at < 0 ? [frame.blocks, []] : [frame.blocks.slice(0, at), frame.blocks.slice(at + 1)];
  const members = (kind: Member['kind']) =>
    definition.members.filter((member) => member.kind === kind).flatMap(memberBlocks);
  return {
    ...frame,
    blocks: [
      ...before,
      section('Methods'),
      ...members('method'),
      section('Types'),
      ...members('type'),
      section('Errors'),
      ...members('error'),
      ...after,
    ],
  };
}

function memberBlocks(member: Member): Block[] {
  switch (member.kind) {
    case 'method':
      return [item([`\`${member.name}\`()`]), ...documentation(member.documentation), ...methodFields(member)];
    case 'type':
      return [item([`\`${member.name}\``]), ...documentation(member.documentation), ...typeFields(member.type)];
    case 'error':
      return [item([`\`${member.name}\``]), ...documentation(member.documentation), ...fields(member.parameters)];
  }
}

function methodFields({ input, output }: MethodDefinition): Block[] {
  const given = input.fields.length === 0 ? [] : [paragraph('Parameters:'), ...fields(input)];
  const answer = output.fields.length === 0 ? [item(['Reply: empty'], 2)] : [item(['Reply:'], 2), ...fields(output)];
  return [...given, ...answer];
}

function typeFields(type: StructType | EnumType): Block[] {
  if (type.kind === 'struct') return fields(type);
  return type.values.flatMap((value) => [item([`\`${value.name}\``], 2), ...documentation(value.documentation)]);
}

function fields({ fields: all }: StructType): Block[] {
  return all.flatMap((field: Field) => [
    item([`\`${field.name}\`: ${typeText(field.type)}`], 2),
    ...documentation(field.documentation),
  ]);
}

function typeText(type: TypeExpression): string {
  switch (type.kind) {
    case 'named':
      return type.name;
    case 'array':
      return `[]${typeText(type.element)}`;
    case 'map':
      return `[string]${typeText(type.element)}`;
    case 'nullable':
      return `?${typeText(type.inner)}`;
    case 'enum':
      return type.values.map((value) => value.name).join(' or ');
    case 'struct':
      return 'object';
    default:
      return type.kind;
  }
}

/** Comments are lines; what a method supports is one of them. */
function documentation(text: string): Block[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const flags = lines.filter((line) => line.startsWith('['));
  const prose = lines.filter((line) => !line.startsWith('[')).join(' ');
  return [prose, ...flags.map(flagText)]
    .filter((sentence) => sentence !== '')
    .map((sentence) => paragraph(ended(sentence)));
}

function flagText(line: string): string {
  return line.replace(/^\[(Requires|Supports) '(\w+)' flag\]$/, (_, verb: string, flag: string) =>
    verb === 'Requires' ? `Must be called with \`${flag}\`` : `May be called with \`${flag}\``,
  );
}

function ended(sentence: string): string {
  return /[.:]$/.test(sentence) ? sentence : `${sentence}.`;
}
