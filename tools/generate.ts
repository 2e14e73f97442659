import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseInterface } from '../varlink/idl/parse.js';
import { bashCompletion } from './completions/bash.js';
import { fishCompletion } from './completions/fish.js';
import { zshCompletion } from './completions/zsh.js';
import { commandLinePage } from './manual/command-line.js';
import { interfacePage } from './manual/interface.js';
import { parsePage } from './manual/markdown.js';
import type { Page } from './manual/page.js';
import { renderRoff } from './manual/roff.js';

// Makes what a host installs beside the programs, from what they say themselves: manual pages and completions.
// With --check it writes nothing, and fails if a file is not what it would write.

const manual = 'units/man';
/** Of the last change that readers should notice. */
const date = '2026-11-25';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const completions: readonly (readonly [string, string])[] = [
  ['units/completions/ferryctl.bash', bashCompletion()],
  ['units/completions/_ferryctl', zshCompletion()],
  ['units/completions/ferryctl.fish', fishCompletion()],
];

const stale = [...manualPages(), ...completions].filter(
  ([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text,
);
if (process.argv.includes('--check')) {
  for (const [path] of stale) console.log(`${path} is not what its sources say; run 'npm run generate'`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`${path} written`);
  }
}

function manualPages(): Map<string, string> {
  const sources = readdirSync(manual).filter((name) => name.endsWith('.md'));
  return new Map(
    sources.map((name) => {
      const page = fill(parsePage(readFileSync(join(manual, name), 'utf8')));
      return [join(manual, name.slice(0, -'.md'.length)), renderRoff(page, version, date)];
    }),
  );
}

function fill(page: Page): Page {
  if (page.name === 'ferryctl') return commandLinePage(page);
  const definition = `interfaces/${page.name}.varlink`;
  return existsSync(definition) ? interfacePage(page, parseInterface(readFileSync(definition, 'utf8'))) : page;
}
