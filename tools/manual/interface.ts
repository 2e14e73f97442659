import type {
  EnumType,
  Field,
  InterfaceDefinition,
  Member,
  MethodDefinition,
  StructType,
  TypeExpression,
} from '../../varlink/idl/ast.js';

/**
 * Fills the page of a Varlink interface: its methods, types and errors with their comments, in the place of the section Interface.
 *
 * @param source of the page, as Markdown
 */
export function fillInterface(source: string, definition: InterfaceDefinition): string {
  const members = (kind: Member['kind']) =>
    definition.members.filter((member) => member.kind === kind).flatMap(printed);
  const blocks = ['## Methods', ...members('method'), '## Types', ...members('type'), '## Errors', ...members('error')];
  return source.replace('## Interface', () => blocks.join('\n\n'));
}

function printed(member: Member): string[] {
  switch (member.kind) {
    case 'method':
      return [`### \`${member.name}\`()`, ...documentation(member.documentation), ...methodFields(member)];
    case 'type':
      return [`### \`${member.name}\``, ...documentation(member.documentation), ...typeFields(member.type)];
    case 'error':
      return [`### \`${member.name}\``, ...documentation(member.documentation), ...fields(member.parameters)];
  }
}

function methodFields({ input, output }: MethodDefinition): string[] {
  const given = input.fields.length === 0 ? [] : ['Parameters:', ...fields(input)];
  return [...given, ...(output.fields.length === 0 ? ['#### Reply: empty'] : ['#### Reply:', ...fields(output)])];
}

function typeFields(type: StructType | EnumType): string[] {
  if (type.kind === 'struct') return fields(type);
  return type.values.flatMap(({ name, documentation: text }) => [`#### \`${name}\``, ...documentation(text)]);
}

function fields({ fields: all }: StructType): string[] {
  return all.flatMap((field: Field) => [
    `#### \`${field.name}\`: ${typeText(field.type)}`,
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
function documentation(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const flags = lines.filter((line) => line.startsWith('['));
  const prose = lines.filter((line) => !line.startsWith('[')).join(' ');
  return [prose, ...flags.map(flagText)].filter((sentence) => sentence !== '').map(ended);
}

function flagText(line: string): string {
  return line.replace(/^\[(Requires|Supports) '(\w+)' flag\]$/, (_, verb: string, flag: string) =>
    verb === 'Requires' ? `Must be called with \`${flag}\`` : `May be called with \`${flag}\``,
  );
}

function ended(sentence: string): string {
  return /[.:]$/.test(sentence) ? sentence : `${sentence}.`;
}
