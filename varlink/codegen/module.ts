import type { ErrorDefinition, InterfaceDefinition, MethodDefinition, TypeDefinition } from '../idl/ast.js';
import { clientClass } from './client.js';
import { messageDeclarations } from './messages.js';
import { lowerFirst, type ModuleForm, ModuleNames } from './names.js';
import { docComment, indented, quoted, templateLiteral } from './text.js';
import { enumText, structText } from './types.js';

/** What a module is generated from. */
export interface ModuleSource {
  readonly definition: InterfaceDefinition;
  /** The text that was parsed, which the service gives for introspection. */
  readonly text: string;
  /** How the module imports the Varlink library: its folder, relative to the module. */
  readonly library: string;
  readonly form: ModuleForm;
}

/** Generates the TypeScript module of an interface. It imports only types. */
export function generateModule({ definition, text, library, form }: ModuleSource): string {
  const names = new ModuleNames(definition, form);
  const types = definition.members.filter((member) => member.kind === 'type');
  const methods = definition.members.filter((member) => member.kind === 'method');
  const errors = definition.members.filter((member) => member.kind === 'error');
  const body = [
    ...types.map((type) => typeDeclaration(names, type)),
    ...(form === 'messages' ? messageDeclarations(names, definition.name, methods) : []),
    ...(form === 'calls' ? methods.map((method) => methodDeclarations(names, method)) : []),
    ...errors.map((error) => errorDeclaration(names, error)),
    ...(errors.length > 0 ? [errorMaps(names, definition.name, errors)] : []),
    ...(form === 'calls' && methods.length > 0 ? callDeclarations(names, definition.name, methods) : []),
    form === 'messages' ? parsedDefinition(names, definition) : description(names, definition, text),
  ].join('\n');
  const imports = names.importStatements(library);
  return [header(definition.name), imports, body].filter((part) => part !== '').join('\n');
}

function callDeclarations(names: ModuleNames, name: string, methods: readonly MethodDefinition[]): string[] {
  return [handlersDeclaration(names, name, methods), clientClass(names, name, methods)];
}

function header(name: string): string {
  return `// Generated from ${name}.varlink by varlink/codegen. Do not edit: change that file and generate again.\n`;
}

function typeDeclaration(names: ModuleNames, { name, documentation, type }: TypeDefinition): string {
  const typeName = names.type(name);
  if (type.kind === 'struct') {
    return `${docComment(documentation)}export type ${typeName} = ${structText(names, type)};\n`;
  }
  const values = type.values.map((value) => quoted(value.name)).join(', ');
  return (
    `${docComment(documentation)}export type ${typeName} =${enumText(type)};\n\n` +
    `/** All of {@link ${typeName}}, in the order of the definition. */\n` +
    `export const ${lowerFirst(name)}Values = [${values}] as const satisfies readonly ${typeName}[];\n`
  );
}

function methodDeclarations(names: ModuleNames, { name, input, output }: MethodDefinition): string {
  return (
    `/** The parameters of ${name}(). */\nexport type ${name}Parameters = ${structText(names, input)};\n\n` +
    `/** The reply to ${name}(). */\nexport type ${name}Reply = ${structText(names, output)};\n`
  );
}

function errorDeclaration(names: ModuleNames, { name, documentation, parameters }: ErrorDefinition): string {
  return `${docComment(documentation)}export type ${name}Error = ${structText(names, parameters)};\n`;
}

function errorMaps(names: ModuleNames, interfaceName: string, errors: readonly ErrorDefinition[]): string {
  const qualified = (name: string) => quoted(`${interfaceName}.${name}`);
  const constants = errors.map(({ name }) => `  ${name}: ${qualified(name)},\n`);
  const types = errors.map(({ name }) => `  ${qualified(name)}: ${name}Error;\n`);
  return (
    `/** The qualified names of the errors of ${interfaceName}. */\n` +
    `export const ${names.value('Errors')} = {\n${constants.join('')}} as const;\n\n` +
    `/** The errors of ${interfaceName} by qualified name, with the parameters they carry. */\n` +
    `export type ${names.prefix}Errors = {\n${types.join('')}};\n`
  );
}

function handlersDeclaration(names: ModuleNames, interfaceName: string, methods: readonly MethodDefinition[]): string {
  const serverCall = names.imported('ServerCall');
  const handlers = methods.map(({ name, documentation }) =>
    indented(
      `${docComment(documentation)}${name}(call: ${serverCall}<${name}Parameters, ${name}Reply>): Promise<void>;\n`,
    ),
  );
  return (
    `/** What a service that implements ${interfaceName} has to provide: a function for each method. */\n` +
    `export interface ${names.prefix}Handlers {\n${handlers.join('')}}\n`
  );
}

function description(names: ModuleNames, { name, documentation }: InterfaceDefinition, text: string): string {
  return (
    `${docComment(documentation)}export const ${names.value('Interface')} = {\n` +
    `  name: ${quoted(name)},\n` +
    `  /** The text of the definition, as introspection gives it. */\n` +
    `  description: ${templateLiteral(text)},\n} as const;\n`
  );
}

/** Who reads messages checks each of them, and would have to parse the text at every start. */
function parsedDefinition(names: ModuleNames, definition: InterfaceDefinition): string {
  return (
    `/** The definition, as parseInterface() reads it. */\n` +
    `export const ${names.value('Definition')}: ${names.imported('InterfaceDefinition')} = ${JSON.stringify(definition)};\n`
  );
}
