import type { Documented, MethodFlags } from './ast.js';
import type { Comment } from './lexer.js';

/**
 * Decides which comments belong to the symbol, field or value that begins on a line: the block that ends directly above
 * it documents it, earlier blocks are set apart.
 */
export function documentedBy(comments: readonly Comment[], line: number): Documented {
  const blocks = commentBlocks(comments);
  const last = comments.at(-1);
  const attached = last !== undefined && last.line >= line - 1;
  const documentation = attached ? (blocks.pop() ?? '') : '';
  return { documentation, detachedComments: blocks };
}

/** Joins the comments of adjoining lines. */
export function commentBlocks(comments: readonly Comment[]): string[] {
  const blocks: string[] = [];
  let previousLine = Number.NEGATIVE_INFINITY;
  for (const { text, line } of comments) {
    const block = line - previousLine <= 1 ? blocks.pop() : undefined;
    blocks.push(block === undefined ? text : `${block}\n${text}`);
    previousLine = line;
  }
  return blocks;
}

/** Reads the flags that systemd writes as comment lines above a method (systemd pull request 41318). */
export function methodFlags(documentation: string): MethodFlags {
  const lines = documentation.split('\n').map((line) => line.trim());
  const requires = (flag: string) => lines.includes(`[Requires '${flag}' flag]`);
  const supports = (flag: string) => requires(flag) || lines.includes(`[Supports '${flag}' flag]`);
  return {
    requiresMore: requires('more'),
    supportsMore: supports('more'),
    requiresUpgrade: requires('upgrade'),
    supportsUpgrade: supports('upgrade'),
  };
}
