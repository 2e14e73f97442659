import type { ErrorDefinition, InterfaceDefinition, MethodDefinition, TypeDefinition } from '../idl/ast.js';
import { clientClass } from './client.js';
import { messageDeclaration, messageUnion } from './messages.js';
import { InterfaceNames, lowerFirst, type ModuleForm, type PartName, PartNames, partFile, partNames } from './names.js';
import { isOrder } from './orders.js';
import { docComment, indented, quoted } from './text.js';
import { enumText, structText } from './types.js';

/** What modules are generated from. */
export interface ModuleSource {
  readonly definition: InterfaceDefinition;
  /** The text that was parsed, which the service gives for introspection. */
  readonly text: string;
  /** How the modules import the Varlink library: its folder, relative to theirs. */
  readonly library: string;
  readonly form: ModuleForm;
}

/** Generates the TypeScript modules of an interface, as far as they have content. They import only types. */
export function generateModules(source: ModuleSource): Map<PartName, string> {
  const all = new InterfaceNames(source.definition, source.form);
  const texts = partNames.map((part) => [part, partText(source, new PartNames(all, part), part)] as const);
  return new Map(texts.filter(([, text]) => text !== ''));
}

/** The module that exports all of these, which are in a folder with the name of the interface. */
export function generateIndex({ name }: InterfaceDefinition, parts: Iterable<PartName>): string {
  const statements = [...parts].map((part) => `export * from './${name}/${partFile(part)}.js';\n`);
  return `${header(name)}\n${statements.join('')}`;
}

function partText({ definition, text, library }: ModuleSource, names: PartNames, part: PartName): string {
  const declarations = writers[part](names, definition, text);
  if (declarations.length === 0) return '';
  const imports = names.importStatements(library);
  return [header(definition.name), imports, ...declarations].filter((each) => each !== '').join('\n');
}

type Writer = (names: PartNames, definition: InterfaceDefinition, text: string) => string[];

const methodsOf = ({ members }: InterfaceDefinition) => members.filter((member) => member.kind === 'method');
const typeDeclarations: Writer = (names, { members }) =>
  members
    .filter((member) => member.kind === 'type')
    .filter(({ name }) => names.declares(name))
    .map((type) => typeDeclaration(names, type));
const messageDeclarations = (names: PartNames, methods: readonly MethodDefinition[]) =>
  names.form === 'messages' ? methods.map((method) => messageDeclaration(names, method)) : [];
const isCalls = ({ form }: PartNames, methods: readonly MethodDefinition[]) => form === 'calls' && methods.length > 0;

/** The declarations of each module. */
const writers: Record<PartName, Writer> = {
  enums: typeDeclarations,
  structs: typeDeclarations,
  'order-structs': typeDeclarations,
  'answer-structs': typeDeclarations,
  parameters: (names, definition) => {
    const methods = methodsOf(definition);
    return isCalls(names, methods) ? methods.map((method) => parametersDeclaration(names, method)) : [];
  },
  replies: (names, definition) => {
    const methods = methodsOf(definition);
    return isCalls(names, methods) ? methods.map((method) => replyDeclaration(names, method)) : [];
  },
  orders: (names, definition) => messageDeclarations(names, methodsOf(definition).filter(isOrder)),
  messages: (names, definition) =>
    messageDeclarations(
      names,
      methodsOf(definition).filter((method) => !isOrder(method)),
    ),
  union: (names, definition) => {
    const methods = methodsOf(definition);
    return names.form === 'messages' && methods.length > 0 ? [messageUnion(names, definition.name, methods)] : [];
  },
  errors: (names, { name, members }) => {
    const errors = members.filter((member) => member.kind === 'error');
    const declarations = errors.map((error) => errorDeclaration(names, error));
    return errors.length > 0 ? [...declarations, errorMaps(names, name, errors)] : [];
  },
  handlers: (names, definition) => {
    const methods = methodsOf(definition);
    return isCalls(names, methods) ? [handlersDeclaration(names, definition.name, methods)] : [];
  },
  client: (names, definition) => {
    const methods = methodsOf(definition);
    return isCalls(names, methods) ? [clientClass(names, definition.name, methods)] : [];
  },
  definition: (names, definition, text) => [
    names.form === 'messages' ? parsedDefinition(names, definition) : description(names, definition, text),
  ],
};

function header(name: string): string {
  return `// Generated from ${name}.varlink by varlink/codegen. Do not edit: change that file and generate again.\n`;
}

function typeDeclaration(names: PartNames, { name, documentation, type }: TypeDefinition): string {
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

function parametersDeclaration(names: PartNames, { name, input }: MethodDefinition): string {
  return `/** The parameters of ${name}(). */\nexport type ${name}Parameters = ${structText(names, input)};\n`;
}

function replyDeclaration(names: PartNames, { name, output }: MethodDefinition): string {
  return `/** The reply to ${name}(). */\nexport type ${name}Reply = ${structText(names, output)};\n`;
}

function errorDeclaration(names: PartNames, { name, documentation, parameters }: ErrorDefinition): string {
  return `${docComment(documentation)}export type ${name}Error = ${structText(names, parameters)};\n`;
}

function errorMaps(names: PartNames, interfaceName: string, errors: readonly ErrorDefinition[]): string {
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

function handlersDeclaration(names: PartNames, interfaceName: string, methods: readonly MethodDefinition[]): string {
  const serverCall = names.imported('ServerCall');
  const handlers = methods.map(({ name, documentation }) => {
    const parameters = names.from('parameters', `${name}Parameters`);
    const reply = names.from('replies', `${name}Reply`);
    return indented(
      `${docComment(documentation)}${name}(call: ${serverCall}<${parameters}, ${reply}>): Promise<void>;\n`,
    );
  });
  return (
    `/** What a service that implements ${interfaceName} has to provide: a function for each method. */\n` +
    `export interface ${names.prefix}Handlers {\n${handlers.join('')}}\n`
  );
}

function description(names: PartNames, { name, documentation }: InterfaceDefinition, text: string): string {
  return (
    `${docComment(documentation)}export const ${names.value('Interface')} = {\n` +
    `  name: ${quoted(name)},\n` +
    `  /** The text of the definition, as introspection gives it. */\n` +
    `  description: ${JSON.stringify(text)},\n} as const;\n`
  );
}

/** Who reads messages checks each of them, and would have to parse the text at every start. */
function parsedDefinition(names: PartNames, definition: InterfaceDefinition): string {
  return (
    `/** The definition, as parseInterface() reads it. */\n` +
    `export const ${names.value('Definition')}: ${names.imported('InterfaceDefinition')} = ${JSON.stringify(definition)};\n`
  );
}
