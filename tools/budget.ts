import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { AnyNode, Node } from 'acorn';
import { childrenOf, isNode, linesOf, parseCompiled } from './parsed.js';

// Holds the sources to their budgets: small functions, small files, small folders. Functions are measured in the
// TypeScript that they come from, those of tests not at all. Generated code is free.

/** Lines, at most; of folders, files at their own level. */
const budget = { functionMedian: 10, functionNinetiethPercentile: 30, functionMax: 60, fileMax: 300, folderMax: 20 };

interface Measured {
  where: string;
  lines: number;
}

/** What may be longer than a file should be, and why. */
const longFiles: Readonly<Record<string, string>> = {
  'interfaces/io.ferry.Image.varlink': 'one interface is one file, and half of it are the comments of its contract',
  'interfaces/io.ferry.Transfer.varlink': 'one interface is one file, and half of it are the comments of its contract',
  'interfaces/internal/io.ferry.Worker.varlink':
    'one interface is one file, and half of it are the comments of its contract',
  'install.sh': 'it is to be read and run alone, before anything else of Ferry is on a host',
};

const root = process.cwd();
const product = ['linux', 'common', 'varlink', 'service', 'client', 'tools'];
/** What a file is written in that people read line by line. */
const languages = new Set(['.ts', '.sh', '.py', '.lua', '.varlink', '.cjs']);

const files = [...product, 'interfaces', 'test', '.'].flatMap((folder) => sourcesIn(folder)).map(measureFile);
const functions = files.filter(isProduct).flatMap(({ where }) => functionsOf(where));
const exceeded = [
  check('function median', quantile(functions, 0.5), budget.functionMedian),
  check('function p90', quantile(functions, 0.9), budget.functionNinetiethPercentile),
  check('function max', quantile(functions, 1), budget.functionMax),
  check('file max', quantile(files.filter(isBound), 1), budget.fileMax),
  ...largeFolders(),
  ...needlessExceptions(),
].includes(true);
listLongest('functions', functions);
listLongest('files', files);
process.exitCode = exceeded ? 1 : 0;

/** The sources in a folder and below; of the top folder only its own. */
function sourcesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' });
  return names.filter(isSource).map((name) => join(folder, name));
}

function isSource(name: string): boolean {
  return languages.has(extname(name)) && !/\.generated\.ts$|(?:^|\/)node_modules\//.test(name);
}

function isProduct({ where }: Measured): boolean {
  return where.endsWith('.ts') && product.includes(where.slice(0, where.indexOf('/')));
}

function isBound({ where }: Measured): boolean {
  return longFiles[where] === undefined;
}

/** That an exception is not needed any more, for each that is not. */
function needlessExceptions(): boolean[] {
  return Object.keys(longFiles)
    .filter((path) => !files.some(({ where, lines }) => where === path && lines > budget.fileMax))
    .map((path) => {
      console.log(`${path} is not too long any more: take its exception away`);
      return true;
    });
}

function measureFile(source: string): Measured {
  return { where: source, lines: readFileSync(join(root, source), 'utf8').split('\n').length - 1 };
}

/** The functions with a body in braces. What has none is one expression, whatever its length. */
function functionsOf(source: string): Measured[] {
  const lines = linesOf(source);
  return nodesBelow(parseCompiled(source))
    .filter(hasBody)
    .flatMap((node) => {
      const [first, last] = [lines.first(node), lines.last(node)];
      return first === undefined || last === undefined
        ? []
        : [{ where: `${source}:${first}`, lines: last - first + 1 }];
    });
}

/** Whether a folder has too many files at its own level, for each that has. */
function largeFolders(): boolean[] {
  const counts = new Map<string, number>();
  for (const { where } of files) counts.set(dirname(where), (counts.get(dirname(where)) ?? 0) + 1);
  const [largest] = [...counts].sort(([, a], [, b]) => b - a);
  if (largest !== undefined) console.log(`largest folder: ${largest[1]} of ${budget.folderMax} files, ${largest[0]}`);
  return [...counts.values()].map((count) => count > budget.folderMax);
}

function nodesBelow(node: Node): AnyNode[] {
  return childrenOf(node).flatMap((child) => (isCompilerHelper(child) ? [] : [child, ...nodesBelow(child)]));
}

/** `var __addDisposableResource = …`: what `using` is compiled to needs it. */
function isCompilerHelper(node: AnyNode): boolean {
  return node.type === 'VariableDeclarator' && node.id.type === 'Identifier' && node.id.name.startsWith('__');
}

function hasBody(node: AnyNode): boolean {
  return /Function/.test(node.type) && 'body' in node && isNode(node.body) && node.body.type === 'BlockStatement';
}

function quantile(measured: readonly Measured[], share: number): number {
  const lines = measured.map((each) => each.lines).sort((a, b) => a - b);
  return lines[Math.min(lines.length - 1, Math.floor(share * lines.length))] ?? 0;
}

/** Whether a budget is exceeded. */
function check(name: string, lines: number, max: number): boolean {
  console.log(`${name}: ${lines} of ${max} lines${lines > max ? ': too long' : ''}`);
  return lines > max;
}

function listLongest(name: string, measured: readonly Measured[]): void {
  const longest = [...measured].sort((a, b) => b.lines - a.lines).slice(0, 5);
  console.log(
    `longest of ${measured.length} ${name}:${longest.map(({ where, lines }) => `\n  ${lines} ${where}`).join('') || ' none'}`,
  );
}
