import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that is bundled into Ferry, and the whole text of its licence. */
export interface Licensed {
  readonly name: string;
  readonly version: string;
  /** As SPDX has it, or as the package says it. */
  readonly licence: string;
  readonly text: string;
}

/** What package.json has of it. */
interface Declared {
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
  readonly repository?: string | { readonly url: string };
}

/** The packages that files are part of, by name; paths as esbuild names its inputs. */
export function packagesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => /.*node_modules\/((@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/**
 * The licence of a package below node_modules: the file that it carries, or the section of its README that holds the text, or the
 * text that its package.json names, with its author.
 * @throws Error when none of them is there, so that nothing is shipped without its licence.
 */
export function licenceOf(name: string): Licensed {
  const folder = join('node_modules', name);
  const declared: Declared = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = licenceFile(folder) ?? sectionOfReadme(folder) ?? namedText(declared);
  if (text === undefined) throw new Error(`${name} has no licence text, and none is known for '${declared.license}'`);
  return { name, version: declared.version, licence: declared.license, text: text.trim() };
}

function licenceFile(folder: string): string | undefined {
  const name = readdirSync(folder).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
  return name === undefined ? undefined : readFileSync(join(folder, name), 'utf8');
}

function sectionOfReadme(folder: string): string | undefined {
  if (!readdirSync(folder).includes('README.md')) return undefined;
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const section = readme.split(/^(?=#)/m).find((part) => /^#+ Licen[cs]e/i.test(part)) ?? '';
  return /permission is hereby granted|permission to use/i.test(section) ? section : undefined;
}

function namedText({ license, author, repository }: Declared): string | undefined {
  const path = join('packaging/licences', `${license}.txt`);
  const holder = typeof author === 'string' ? author : author?.name;
  const source = typeof repository === 'string' ? repository : repository?.url;
  if (!/^\w+$/.test(license) || !readdirSync('packaging/licences').includes(`${license}.txt`)) return undefined;
  return readFileSync(path, 'utf8').replace('HOLDER', holder ?? `the authors of ${source ?? 'the package'}`);
}

/** One file with all of them, each under a line of its own; `own` is the text of Ferry's licence. */
export function licenceFileOf(all: readonly Licensed[], own: string): string {
  const ours = { name: 'Ferry', version: '', licence: 'LGPL-2.1-or-later', text: own.trim() };
  return [ours, ...all].map((each) => `${headingOf(each)}\n\n${each.text}\n`).join('\n\n');
}

function headingOf({ name, version, licence }: Licensed): string {
  const title = `${[name, version].filter((part) => part !== '').join(' ')}: ${licence}`;
  return `${title}\n${'='.repeat(title.length)}`;
}
