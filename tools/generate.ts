import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseInterface } from '../varlink/idl/parse.js';
import { bashCompletion } from './completions/bash.js';
import { fishCompletion } from './completions/fish.js';
import { zshCompletion } from './completions/zsh.js';
import { fillCommandLine } from './manual/command-line.js';
import { exitStatusPage, fillExitStatuses } from './manual/exit-statuses.js';
import { fillInterface } from './manual/interface.js';
import { isMadeFrom, renderPage } from './manual/page.js';
import { supportPage } from './manual/support.js';
import { entryText } from './trust/entries.js';
import { pagePath, publishersPage } from './trust/page.js';
import { publishers } from './trust/publishers.js';
import { readSources } from './trust/sources.js';

// Makes what a host installs beside the programs, from what they say themselves: manual pages and completions; and the trust entries
// with the page about them, from the table of publishers.
// With --check it writes nothing, and fails if a file is not what it would write. Only making pages needs pandoc(1).

interface Made {
  readonly path: string;
  readonly isCurrent: (present: string) => boolean;
  readonly text: () => string;
}

const manual = 'units/man';
const texts: readonly Made[] = [
  { path: 'units/completions/ferryctl.bash', text: bashCompletion },
  { path: 'units/completions/_ferryctl', text: zshCompletion },
  { path: 'units/completions/ferryctl.fish', text: fishCompletion },
  ...publishers.map((each) => ({ path: `trust/${each.name}.conf`, text: () => entryText(each) })),
  { path: 'docs/exit-statuses.md', text: exitStatusPage },
  { path: 'docs/support.md', text: supportPage },
  { path: pagePath, text: () => publishersPage(readSources()) },
].map((made) => ({ ...made, isCurrent: (present) => present === made.text() }));
const pages = manualSources().map(({ path, source }) => ({
  path,
  isCurrent: (present: string) => isMadeFrom(present, source),
  text: () => renderPage(source),
}));

const stale = [...pages, ...texts].filter(
  ({ path, isCurrent }) => !existsSync(path) || !isCurrent(readFileSync(path, 'utf8')),
);
if (process.argv.includes('--check')) {
  for (const { path } of stale) console.log(`${path} is not what its sources say; run 'npm run generate'`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text());
    console.log(`${path} written`);
  }
}

/** The path of each page and its Markdown, filled with what the programs say. */
function manualSources(): { path: string; source: string }[] {
  const names = readdirSync(manual).filter((name) => name.endsWith('.md'));
  return names.map((name) => ({
    path: join(manual, name.slice(0, -'.md'.length)),
    source: fill(name, readFileSync(join(manual, name), 'utf8')),
  }));
}

function fill(name: string, source: string): string {
  if (name === 'ferryctl.1.md') return fillExitStatuses(fillCommandLine(source));
  const definition = `interfaces/${name.replace(/\.\d\.md$/, '')}.varlink`;
  return existsSync(definition) ? fillInterface(source, parseInterface(readFileSync(definition, 'utf8'))) : source;
}
