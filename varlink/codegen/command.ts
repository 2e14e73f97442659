import {
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { InterfaceDefinition } from '../idl/ast.js';
import { checkInterface, type Finding } from '../idl/check.js';
import { IdlError, parseInterface } from '../idl/parse.js';
import { generateIndex, generateModules, type ModuleSource } from './module.js';
import { partFile } from './names.js';

const sourceSuffix = '.varlink';
const generatedSuffix = '.generated.ts';

/** What the program prints, and its exit status. */
export interface CommandOutcome {
  readonly lines: readonly string[];
  readonly status: number;
}

interface Options {
  /** Only tell which files are not what would be generated. */
  readonly check: boolean;
  /** The folder of the interface definitions. */
  readonly interfaces: string;
  /** The folder of the modules. */
  readonly output: string;
  /** The folder of the Varlink library as a module in the output folder would import it. */
  readonly library: string;
  /** Whether the methods are messages rather than calls. */
  readonly messages: boolean;
}

const usageText = `Usage: main.js [OPTION…]
Generates TypeScript modules for each interface definition of a folder, and removes modules without a definition.

  --check              write nothing; print a line for each module that is not up to date, and exit with 1 if any is
  --interfaces=FOLDER  where NAME.varlink are; ./interfaces by default
  --output=FOLDER      where NAME.generated.ts, and what it exports in a folder NAME, go; the folder "generated" in that of the definitions by default
  --library=PATH       the folder of the Varlink library as a module in OUTPUT imports it; ../../varlink by default
  --messages           methods are messages without a reply, and there is neither a client nor a service
  --help               print this`;

/**
 * Does what the usage text says. Definitions with errors are told, and then nothing is written; portability findings
 * are told too.
 *
 * @returns status 0, 1 for errors and stale modules, 2 for unknown options
 * @throws Error of node:fs
 */
export function runCommand(programArguments: readonly string[]): CommandOutcome {
  const options = parseOptions(programArguments);
  return 'status' in options ? options : generateAll(options);
}

function generateAll(options: Options): CommandOutcome {
  const sources = filesIn(options.interfaces, sourceSuffix).map((file) => generateFiles(options, file));
  const errors = sources.flatMap((source) => source.errors);
  const warnings = sources.flatMap((source) => source.warnings);
  if (errors.length > 0) return { lines: [...errors, ...warnings], status: 1 };
  const modules = new Map(sources.flatMap(({ files }) => [...files]));
  const stale = staleFiles(options.output, modules);
  const { lines, status } = (options.check ? checkOutcome : writeModules)(options, stale, modules);
  return { lines: [...warnings, ...lines], status };
}

function parseOptions(programArguments: readonly string[]): Options | CommandOutcome {
  try {
    const { help, ...options } = parseArgs({ args: [...programArguments], options: optionTable }).values;
    if (help) return { lines: [usageText], status: 0 };
    return { ...options, output: options.output ?? join(options.interfaces, 'generated') };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { lines: [error.message], status: 2 };
  }
}

const optionTable = {
  check: { type: 'boolean', default: false },
  interfaces: { type: 'string', default: 'interfaces' },
  output: { type: 'string' },
  library: { type: 'string', default: '../../varlink' },
  messages: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The modules of a definition by file, if there are no errors, and what to tell about it. */
interface Generated {
  readonly files: ReadonlyMap<string, string>;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

function generateFiles({ interfaces, library, messages }: Options, sourceFile: string): Generated {
  const path = join(interfaces, sourceFile);
  const source = readFileSync(path, 'utf8');
  const definition = parseOrError(source);
  if (definition instanceof IdlError)
    return { files: new Map(), errors: [`${path}:${definition.message}`], warnings: [] };
  const found = checkInterface(definition);
  const linesOf = (severity: Finding['severity']) =>
    found
      .filter((finding) => finding.severity === severity)
      .map(({ where, message }) => `${path}: ${where}: ${message}`);
  const errors = [...checkFileName(path, sourceFile, definition.name), ...linesOf('error')];
  const form = messages ? 'messages' : 'calls';
  const files = errors.length > 0 ? new Map() : filesOf({ definition, text: source, library, form });
  return { files, errors, warnings: linesOf('portability') };
}

function filesOf(source: ModuleSource): Map<string, string> {
  const { definition, library } = source;
  const modules = generateModules({ ...source, library: library.startsWith('.') ? join('..', library) : library });
  const parts = [...modules].map(([part, text]) => [join(definition.name, `${partFile(part)}.ts`), text] as const);
  return new Map([[definition.name + generatedSuffix, generateIndex(definition, modules.keys())], ...parts]);
}

function parseOrError(text: string): InterfaceDefinition | IdlError {
  try {
    return parseInterface(text);
  } catch (error) {
    if (error instanceof IdlError) return error;
    throw error;
  }
}

function checkFileName(path: string, file: string, interfaceName: string): string[] {
  const expected = interfaceName + sourceSuffix;
  return file === expected ? [] : [`${path}: defines ${interfaceName}, so it should be called ${expected}`];
}

/** Modules that are missing or differ, and those that nothing generates any more. */
function staleFiles(folder: string, modules: ReadonlyMap<string, string>): string[] {
  const folders = ['', ...foldersIn(folder)];
  const present = folders.flatMap((each) =>
    filesIn(join(folder, each), generatedSuffix).map((file) => join(each, file)),
  );
  const differing = [...modules].filter(
    ([file, text]) => !present.includes(file) || readFileSync(join(folder, file), 'utf8') !== text,
  );
  return [...differing.map(([file]) => file), ...present.filter((file) => !modules.has(file))];
}

function checkOutcome(
  { output }: Options,
  stale: readonly string[],
  modules: ReadonlyMap<string, string>,
): CommandOutcome {
  const lines = stale.map((file) => {
    const reason = modules.has(file)
      ? 'is not what its definition says; generate it again'
      : 'has no definition; remove it';
    return `${join(output, file)} ${reason}`;
  });
  return { lines, status: stale.length > 0 ? 1 : 0 };
}

function writeModules(
  { output }: Options,
  stale: readonly string[],
  modules: ReadonlyMap<string, string>,
): CommandOutcome {
  const lines = stale.map((file) => {
    const path = join(output, file);
    const text = modules.get(file);
    if (text === undefined) removeModule(path);
    else writeModule(path, text);
    return `${path} ${text === undefined ? 'removed' : 'written'}`;
  });
  return { lines, status: 0 };
}

/** With its folder, if that is empty then. */
function removeModule(path: string): void {
  rmSync(path);
  if (readdirSync(dirname(path)).length === 0) rmdirSync(dirname(path));
}

function writeModule(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The names of the files with a suffix, sorted; none if the folder is not there. */
function filesIn(folder: string, suffix: string): string[] {
  return namesIn(folder, (entry) => entry.isFile() && entry.name.endsWith(suffix));
}

function foldersIn(folder: string): string[] {
  return namesIn(folder, (entry) => entry.isDirectory());
}

function namesIn(folder: string, isMeant: (entry: Dirent) => boolean): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter(isMeant);
  return entries.map(({ name }) => name).sort();
}
