import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFile } from './project.js';

/** A fenced block of a page. */
export interface CodeBlock {
  readonly language: string;
  /** What stands behind the language: where it is run, and why not here. */
  readonly place: string;
  readonly code: string;
  /** Of its first fence, from 1. */
  readonly line: number;
}

/** The Markdown pages of the project, by their path. */
export function documents(): string[] {
  const folders = ['.', 'client', 'docs', 'mkosi', 'service', 'test', 'tools', 'units', 'varlink'];
  const pages = folders.flatMap((folder) => {
    const recursive = folder !== '.';
    return readdirSync(projectFile(folder), { recursive, encoding: 'utf8' }).map((path) => join(folder, path));
  });
  return pages.filter((path) => path.endsWith('.md') && !path.includes('node_modules')).sort();
}

export function readDocument(path: string): string {
  return readFileSync(projectFile(path), 'utf8');
}

export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^```(\S*)[ ]?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    place: match[2] ?? '',
    code: match[3] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The text without fenced blocks and inline code. */
export function proseOf(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}
