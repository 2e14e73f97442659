import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/*
 * npm run package [-- --architecture=amd64|arm64] [--output=DIRECTORY] [--version=VERSION] [deb|rpm|npm]…
 *
 * Makes packages of what 'npm run build' made, those of Debian unless told otherwise, into release/. The package for npm is for
 * all architectures. Two runs of one commit make the same bytes: all times are SOURCE_DATE_EPOCH, or else the commit's.
 */

const { values, positionals } = parseArgs({
  options: {
    architecture: { type: 'string' },
    output: { type: 'string', default: 'release' },
    version: { type: 'string' },
  },
  allowPositionals: true,
});
/** As Debian, node and RPM call them. */
const architectures = [
  { debian: 'amd64', node: 'x64', rpm: 'x86_64' },
  { debian: 'arm64', node: 'arm64', rpm: 'aarch64' },
];
const { architecture: given = architectures.find(({ node }) => node === process.arch)?.debian } = values;
const architecture = architectures.find(({ debian }) => debian === given);
if (architecture === undefined) throw new Error(`Packages are not made for '${given ?? process.arch}'`);
const { debian, node, rpm } = architecture;
const declared: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const version = values.version ?? declared.version;
const makers: Readonly<Record<string, (source: string) => string[]>> = { deb: makeDebs, rpm: makeRpm, npm: makeNpm };

const place = mkdtempSync(join(tmpdir(), 'ferry-package-'));
try {
  mkdirSync(resolve(values.output), { recursive: true });
  for (const kind of positionals.length > 0 ? positionals : ['deb']) {
    const make = makers[kind];
    if (make === undefined) throw new Error(`'${kind}' is not a kind of package`);
    const source = join(place, kind, 'ferry');
    layOut(source);
    for (const path of make(source)) {
      cpSync(path, join(values.output, basename(path)));
      console.log(join(values.output, basename(path)));
    }
  }
} finally {
  rmSync(place, { recursive: true });
}

/** What every package is made of. */
function layOut(source: string): void {
  for (const name of ['install.sh', 'units']) cpSync(name, join(source, name), { recursive: true });
  cpSync('dist', join(source, 'dist'), { recursive: true, filter: isPacked });
}

/** Source maps stay behind, native modules for another C library, and the licences, which are in the copyright file. */
function isPacked(path: string): boolean {
  return !/\.map$|\/musl_\w+$|\.LEGAL\.txt$|licences\.txt$|LICENSE(\.txt)?$/.test(path);
}

/** Debian's changelog tells the version and where the changes are told. */
function changelog(): string {
  const [, maintainer = ''] = /^Maintainer: (.*)$/m.exec(readFileSync('packaging/debian/control', 'utf8')) ?? [];
  const date = new Date(sourceDate() * 1000).toUTCString().replace('GMT', '+0000');
  return `ferry (${version}) unstable; urgency=medium\n\n  * The changes of each version are in CHANGELOG.md.\n\n -- ${maintainer}  ${date}\n`;
}

/** In seconds since 1970. */
function sourceDate(): number {
  const { SOURCE_DATE_EPOCH: given } = process.env;
  return Number(given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }));
}

/** The licences of everything that is bundled; Debian has the text of some of them. */
function copyright(): string {
  const common: readonly [start: RegExp, licence: string][] = [
    [/^Ferry: /, 'LGPL-2.1'],
    [/^openpgp /, 'LGPL-3'],
  ];
  const entries = readFileSync('dist/licences.txt', 'utf8').split(/\n\n\n(?=.+\n=+\n)/);
  const told = entries.map((entry) => {
    const licence = common.find(([start]) => start.test(entry))?.[1];
    if (licence === undefined) return entry;
    const [heading = '', line = ''] = entry.split('\n');
    return `${heading}\n${line}\n\nOn Debian systems its text is /usr/share/common-licenses/${licence}.\n`;
  });
  return `Copyright: the authors of Ferry, and those of the packages below, which are part of its programs.\n\n${told.join('\n\n')}`;
}

/** Puts the native modules of these processors into dist/, others than this host's as package-lock.json pins them. */
function takeNativeModules(source: string, processors: readonly string[]): void {
  const modules = join(source, 'dist/node_modules/@koromix');
  if (!processors.includes(process.arch)) rmSync(modules, { recursive: true });
  for (const each of processors.filter((name) => name !== process.arch)) {
    const folder = join(dirname(source), 'packages');
    mkdirSync(folder);
    for (const name of ['package.json', 'package-lock.json']) cpSync(name, join(folder, name));
    const flags = ['--loglevel=error', '--no-audit', '--no-fund', '--omit=dev', '--ignore-scripts'];
    run(folder, 'npm', ['ci', ...flags, '--os=linux', `--cpu=${each}`]);
    const name = `koffi-linux-${each}`;
    cpSync(join(folder, 'node_modules/@koromix', name), join(modules, name), { recursive: true, filter: isPacked });
  }
}

function makeDebs(source: string): string[] {
  takeNativeModules(source, [node]);
  cpSync('packaging/debian', join(source, 'debian'), { recursive: true });
  writeFileSync(join(source, 'debian/changelog'), changelog());
  writeFileSync(join(source, 'debian/copyright'), copyright());
  run(source, 'dpkg-buildpackage', ['--build=binary', '--no-sign', '--no-check-builddeps', `--host-arch=${debian}`]);
  return filesBelow(dirname(source), '.deb');
}

function makeRpm(source: string): string[] {
  takeNativeModules(source, [node]);
  cpSync('dist/licences.txt', join(source, 'licences.txt'));
  const folder = dirname(source);
  // Which of them a package gets, its specification says.
  run(folder, 'tar', [
    '--sort=name',
    `--mtime=@${sourceDate()}`,
    '--owner=0',
    '--group=0',
    '-cf',
    'ferry.tar',
    'ferry',
  ]);
  const settings = {
    _topdir: join(folder, 'rpm'),
    _sourcedir: folder,
    ferry_version: version.replaceAll('-', '~'),
    _buildhost: 'ferry',
    use_source_date_epoch_as_buildtime: '1',
    clamp_mtime_to_source_date_epoch: '1',
  };
  const defines = Object.entries(settings).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  run(folder, 'rpmbuild', ['-bb', `--target=${rpm}`, ...defines, resolve('packaging/ferry.spec')]);
  return [rpm, 'noarch'].flatMap((each) => filesBelow(join(folder, 'rpm/RPMS', each), '.rpm'));
}

/** It needs nothing else from a registry: what is bundled is no dependency, and it has the native module of each architecture. */
function makeNpm(source: string): string[] {
  takeNativeModules(
    source,
    architectures.map((each) => each.node),
  );
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']) cpSync(name, join(source, name));
  cpSync('dist/licences.txt', join(source, 'dist/licences.txt'));
  const kept = Object.entries({ ...declared, version }).filter(
    ([name]) => !/dependencies$|^(scripts|overrides)$/i.test(name),
  );
  writeFileSync(join(source, 'package.json'), `${JSON.stringify(Object.fromEntries(kept), undefined, 2)}\n`);
  run(source, 'npm', ['pack', '--silent', `--pack-destination=${dirname(source)}`]);
  return filesBelow(dirname(source), '.tgz');
}

function filesBelow(directory: string, suffix: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(directory, name));
}

function run(directory: string, program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(sourceDate()) },
    });
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr));
    throw error;
  }
}
