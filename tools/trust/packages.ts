import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Debian package whose files lie in a directory. */
export interface Package {
  readonly name: string;
  readonly version: string;
  readonly root: string;
}

/**
 * Downloads packages of a suite, from the mirror and with the settings of this machine's apt. Its own lists stay as they are.
 *
 * @throws Error with what apt says when a package cannot be had
 */
export function downloadPackages(names: readonly string[], suite: string, directory: string): void {
  const mirror = run('bash', ['-c', '. test/support/mirror.sh && find_mirror']).trim();
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const sources = join(directory, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
  for (const each of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(directory, each), { recursive: true });
  }
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': join(directory, 'state'),
    'Dir::Cache': join(directory, 'cache'),
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...options, '-qq', 'update'], directory);
  run('apt-get', [...options, '-qq', 'download', ...names], directory);
}

/** Unpacks the packages that a directory holds as .deb files, by name. */
export function unpackPackages(directory: string, target: string): Map<string, Package> {
  mkdirSync(target, { recursive: true });
  const files = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  return new Map(
    files.map((file) => {
      const path = join(directory, file);
      const field = (name: string) => run('dpkg-deb', ['--field', path, name]).trim();
      const name = field('Package');
      const root = join(target, name);
      run('dpkg-deb', ['--extract', path, root]);
      return [name, { name, version: field('Version'), root }];
    }),
  );
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a package says about its licence: the digest tells of a change. */
export function copyrightDigest({ root, name }: Package): string {
  return sha256(readFileSync(join(root, 'usr/share/doc', name, 'copyright')));
}

function run(program: string, parameters: readonly string[], cwd = process.cwd()): string {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { cwd, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} failed: ${stderr.trim()}`);
  return stdout;
}
