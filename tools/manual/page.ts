import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const folder = 'tools/manual';
const files = { filter: `${folder}/page.lua`, template: `${folder}/page.man` };
/** Of the last change that readers should notice. */
const date = '2026-11-25';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Of all that a page is made from, in hexadecimal. The page names it, so that a stale page is found without making it again. */
export function digestOf(source: string): string {
  const parts = [source, date, version, ...Object.values(files).map((path) => readFileSync(path, 'utf8'))];
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

/** Whether a manual page was made from these sources. */
export function isMadeFrom(page: string, source: string): boolean {
  return page.includes(`\n.\\" Sources: ${digestOf(source)}\n`);
}

/**
 * Sets a manual page with pandoc(1), for man-db and mandoc alike.
 *
 * @param source Markdown as page.lua describes it
 * @throws Error if pandoc is not there, or ends with an error
 */
export function renderPage(source: string): string {
  const variables = Object.entries({ version, date, digest: digestOf(source) }).map(
    ([name, value]) => `${name}:${value}`,
  );
  const page = execFileSync(
    'pandoc',
    [
      '--from=commonmark',
      '--to=man',
      `--lua-filter=${files.filter}`,
      `--template=${files.template}`,
      ...variables.map((variable) => `--variable=${variable}`),
    ],
    { input: source, encoding: 'utf8' },
  );
  // A section begins a paragraph by itself.
  return page.replaceAll(/^(\.SH .*\n)\.PP\n/gm, '$1');
}
