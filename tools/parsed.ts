import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AnyNode, type Node, type Program, parse } from 'acorn';

// TypeScript sources are parsed in the JavaScript that they were compiled to, for which there is a parser; their source map leads back.

const build = fileURLToPath(new URL('..', import.meta.url));

/** What was compiled of a source, by its path from the project's folder; linesOf() needs the locations. */
export function parseCompiled(source: string, locations = true): Program {
  const options = { ecmaVersion: 2022, sourceType: 'module', locations, allowHashBang: true } as const;
  return parse(readFileSync(compiledOf(source), 'utf8'), options);
}

/** Gives the lines of a source, from 1, where nodes come from; undefined for what the compiler adds by itself. */
export function linesOf(source: string): {
  first(node: Node): number | undefined;
  last(node: Node): number | undefined;
} {
  const map = new SourceMap(JSON.parse(readFileSync(`${compiledOf(source)}.map`, 'utf8')));
  const original = (line = 1, column = 0) => {
    const entry = map.findEntry(line - 1, column);
    return 'originalLine' in entry ? entry.originalLine + 1 : undefined;
  };
  return {
    first: ({ loc }) => original(loc?.start.line, loc?.start.column),
    last: ({ loc }) => original(loc?.end.line, (loc?.end.column ?? 1) - 1),
  };
}

export function childrenOf(node: Node): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function compiledOf(source: string): string {
  return join(build, source.replace(/\.ts$/, '.js'));
}
