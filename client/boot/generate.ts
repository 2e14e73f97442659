import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../common/environment.js';
import { readBootParameters, readCredential } from './command-line.js';
import { parsePullExpression } from './expressions.js';
import { unitText } from './units.js';

/** Where generators look (systemd.generator(7)), and where systemd's own units are. */
const generatorDirectories = [
  '/run/systemd/system-generators',
  '/etc/systemd/system-generators',
  '/usr/local/lib/systemd/system-generators',
  '/usr/lib/systemd/system-generators',
];
const unitDirectory = '/usr/lib/systemd/system';

/**
 * Writes a service for each image that the boot is to pull and that systemd-import-generator makes none for: container images, and where
 * that program is missing everything.
 *
 * @param target the directory for units
 * @param root what the absolute paths are below; empty on a host
 * @param say tells a person
 */
export function generate(target: string, environment: Environment, root: string, say: (message: string) => void): void {
  const inInitrd = environment['SYSTEMD_IN_INITRD'] === '1';
  const parameters = readBootParameters(kernelCommandLine(environment, root), inInitrd);
  const texts = [...parameters.expressions, ...readCredential(credential(environment, root))];
  const isAlone = !generatorDirectories.some((path) => isThere(join(root, path, 'systemd-import-generator')));
  const pulls = texts.flatMap((text) => {
    // What is not for us is not for us to complain of.
    if (!isAlone && !/^(?:[^:]*,)?oci[,:]/.test(text)) return [];
    const pull = parsePullExpression(text, inInitrd, say);
    if ('format' in pull) return [pull];
    say(`Cannot pull '${text}': ${pull.problem}`);
    return [];
  });
  const wants = existsSync(join(root, unitDirectory, 'imports.target')) ? 'imports.target' : 'multi-user.target';
  for (const [index, pull] of pulls.entries()) {
    const name = `ferry-import-${index}.service`;
    writeFileSync(join(target, name), unitText(pull, parameters));
    mkdirSync(join(target, `${wants}.wants`), { recursive: true });
    symlinkSync(`../${name}`, join(target, `${wants}.wants`, name));
  }
}

/** One that is masked is there too: then nothing is to be pulled. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** In a container it is what the first process was started with. */
function kernelCommandLine(environment: Environment, root: string): string {
  const given = environment['SYSTEMD_PROC_CMDLINE'];
  if (given !== undefined) return given;
  if (environment['SYSTEMD_VIRTUALIZATION']?.startsWith('container:') !== true)
    return read(join(root, '/proc/cmdline')) ?? '';
  const [, ...words] = (read(join(root, '/proc/1/cmdline')) ?? '').split('\0');
  return words.map((word) => (/[\s"]/.test(word) ? `'${word}'` : word)).join(' ');
}

/** The text of import.pull; systemd-creds(1) opens one that is encrypted. */
function credential(environment: Environment, root: string): string {
  const plain = environment['CREDENTIALS_DIRECTORY'] ?? join(root, '/run/credentials/@system');
  const found = read(join(plain, 'import.pull'));
  if (found !== undefined) return found;
  const encrypted = environment['ENCRYPTED_CREDENTIALS_DIRECTORY'] ?? join(root, '/run/credentials/@encrypted');
  const path = join(encrypted, 'import.pull');
  if (!existsSync(path)) return '';
  const { stdout } = spawnSync('systemd-creds', ['--name=import.pull', 'decrypt', path, '-'], { encoding: 'utf8' });
  return stdout ?? '';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
