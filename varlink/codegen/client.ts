import type { MethodDefinition, StructType } from '../idl/ast.js';
import { type ClientNames, clientNames, type PartNames } from './names.js';
import { docComment, indented, quoted } from './text.js';

/** The class with a typed function for each way in which a method may be called. */
export function clientClass(names: PartNames, interfaceName: string, methods: readonly MethodDefinition[]): string {
  const functions = [...clientNames(methods)].map(([method, functionNames]) =>
    methodFunctions(names, `${interfaceName}.${method.name}`, method, functionNames),
  );
  const client = names.imported('VarlinkClient');
  return (
    `/** Calls the methods of ${interfaceName} over a connection. */\n` +
    `export class ${names.prefix}Client {\n` +
    `  readonly #client: ${client};\n\n` +
    `  constructor(client: ${client}) {\n    this.#client = client;\n  }\n` +
    `${functions.map((text) => indented(text)).join('')}}\n`
  );
}

/** A function for each way; none for a way that the method always refuses. */
function methodFunctions(
  names: PartNames,
  qualifiedName: string,
  method: MethodDefinition,
  functionNames: ClientNames,
): string {
  const { requiresMore, supportsMore, requiresUpgrade, supportsUpgrade } = method.flags;
  const reply = names.from('replies', `${method.name}Reply`);
  const makeFunction = (name: string, result: string, call: string, note = '') =>
    `\n${docComment(`${method.documentation}${note}`)}` +
    `${name}(${parametersText(names, method)}, options?: ${names.imported('CallOptions')}): ${result} {\n` +
    `  return this.#client.${call}<${reply}>(${quoted(qualifiedName)}, parameters, options);\n}\n`;
  const functions: string[] = [];
  if (!requiresMore && !requiresUpgrade) functions.push(makeFunction(functionNames.call, `Promise<${reply}>`, 'call'));
  if (supportsMore) functions.push(makeFunction(functionNames.more, `AsyncIterable<${reply}>`, 'callMore', moreNote));
  if (supportsUpgrade) {
    const result = `Promise<${names.imported('UpgradedCall')}<${reply}>>`;
    functions.push(makeFunction(functionNames.upgrade, result, 'callUpgrade', upgradeNote));
  }
  return functions.join('');
}

const moreNote = "\n\nCalled with 'more': any number of replies.";
const upgradeNote = "\n\nCalled with 'upgrade': after the reply the connection carries bytes.";

function parametersText(names: PartNames, { name, input }: MethodDefinition): string {
  return `parameters: ${names.from('parameters', `${name}Parameters`)}${isOptional(input) ? ' = {}' : ''}`;
}

const isOptional = ({ fields }: StructType): boolean => fields.every(({ type }) => type.kind === 'nullable');
