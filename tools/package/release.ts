import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * npm run release [-- --draft]
 *
 * Makes all that a release consists of, into release/: packages for two architectures, the npm package, the list of what is bundled,
 * notes, checksums, and a signature by the key that FERRY_RELEASE_KEY names. Without --draft it demands a clean tree and a
 * version that CHANGELOG.md has given a date.
 */

const folder = 'release';
const isDraft = process.argv.includes('--draft');
const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const { date, notes } = changesOf(version);
if (!isDraft) demandReadiness();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const architecture of ['amd64', 'arm64'])
  run('node', ['build/tools/package/main.js', `--architecture=${architecture}`, `--output=${folder}`, 'deb', 'rpm']);
run('node', ['build/tools/package/main.js', `--output=${folder}`, 'npm']);
write(
  `ferry-${version}.cdx.json`,
  run('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--omit=dev']),
);
write('NOTES.md', `# Ferry ${version}\n\n${notes.trim()}\n`);
write('SHA256SUMS', checksums());
sign();
for (const name of readdirSync(folder)) console.log(join(folder, name));

/** What CHANGELOG.md has of a version. @throws Error when it has nothing. */
function changesOf(wanted: string): { date: string; notes: string } {
  const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
  const section = sections.find((each) => each.startsWith(`[${wanted}] - `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section [${wanted}]`);
  const [heading = '', ...lines] = section.split('\n');
  return { date: heading.split(' - ')[1] ?? '', notes: lines.join('\n') };
}

function demandReadiness(): void {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Error(`CHANGELOG.md has no date for ${version}: '${date}'`);
  if (run('git', ['status', '--porcelain']) !== '') throw new Error('The tree has changes; commit them first');
  if (process.env['FERRY_RELEASE_KEY'] === undefined) throw new Error('FERRY_RELEASE_KEY names no key to sign with');
}

/** As sha256sum(1) prints them. */
function checksums(): string {
  const lines = readdirSync(folder).map((name) => {
    const digest = createHash('sha256').update(readFileSync(join(folder, name)));
    return `${digest.digest('hex')}  ${name}\n`;
  });
  return lines.join('');
}

function sign(): void {
  const { FERRY_RELEASE_KEY: key } = process.env;
  if (key === undefined) return;
  run('gpg', ['--batch', '--yes', '--armor', '--detach-sign', `--local-user=${key}`, join(folder, 'SHA256SUMS')]);
}

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 64 << 20 });
}
