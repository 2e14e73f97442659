import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { collect, packageNames } from './trust/collect.js';
import { changes, expiries } from './trust/compare.js';
import { downloadPackages, unpackPackages } from './trust/packages.js';
import { readSources, sourcesPath, sourcesText } from './trust/sources.js';

// Makes the keyrings of trust/ and trust/sources.json anew, from the packages of a Debian suite. With --check it writes nothing: it says
// what has changed there, fails if something has, and lists the keys that have expired or will within a year.

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    suite: { type: 'string', default: 'sid' },
    /** A directory with the packages as .deb files, in the place of a download. */
    packages: { type: 'string' },
  },
});

const directory = mkdtempSync(join(tmpdir(), 'ferry-trust-'));
try {
  if (values.packages === undefined) downloadPackages(packageNames, values.suite, directory);
  const packages = unpackPackages(resolve(values.packages ?? directory), join(directory, 'unpacked'));
  const { keyrings, sources } = await collect(packages);
  const files = new Map([...keyrings].map(([name, text]) => [join('trust', `${name}.asc`), text]));
  if (values.check) check();
  else write();

  function check(): void {
    const changed = [
      ...changes(readSources(), sources),
      ...[...files].filter(isStale).map(([path]) => `${path} differs`),
    ];
    for (const line of [...changed, ...expiries(sources, new Date())]) console.log(line);
    if (changed.length === 0) return;
    console.log("Run 'npm run trust', read what it changes, and commit it.");
    process.exitCode = 1;
  }

  function write(): void {
    mkdirSync('trust', { recursive: true });
    for (const [path, text] of [...files, [sourcesPath, sourcesText(sources)]] as [string, string][]) {
      if (!isStale([path, text])) continue;
      writeFileSync(path, text);
      console.log(`${path} written`);
    }
    console.log("Run 'npm run generate' for the entries and their page.");
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function isStale([path, text]: readonly [string, string]): boolean {
  try {
    return readFileSync(path, 'utf8') !== text;
  } catch {
    return true;
  }
}
