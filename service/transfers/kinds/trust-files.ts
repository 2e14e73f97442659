import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { codeDirectory } from '../../installation.js';
import { parseEntries, type TrustEntry, unreadableEntry } from '../../verify/trust/entry.js';
import type { Host } from '../host.js';

/** What says where trust entries are. */
export type TrustSettings = Pick<Host, 'scope' | 'environment'>;

/** The largest file of entries, in bytes. */
const sizeMax = 1024 * 1024;

/**
 * Where trust entries may be, those that count first, first. Keyrings that the environment names stand in for what packages ship
 * (importctl(1), SYSTEMD_OPENPGP_KEYRING).
 */
export function trustDirectories({ scope, environment }: TrustSettings): string[] {
  const own = scope === 'user' ? userDirectory(environment) : undefined;
  const shipped = ['/usr/local/lib/ferry/trust.d', '/usr/lib/ferry/trust.d', join(codeDirectory, 'trust.d')];
  return [
    ...(own === undefined ? [] : [own]),
    '/etc/ferry/trust.d',
    '/run/ferry/trust.d',
    ...(environment['SYSTEMD_OPENPGP_KEYRING'] ? [] : new Set(shipped)),
  ];
}

function userDirectory(environment: TrustSettings['environment']): string | undefined {
  const home = environment['HOME'];
  const configuration = environment['XDG_CONFIG_HOME'] || (home && join(home, '.config'));
  return configuration && isAbsolute(configuration) ? join(configuration, 'ferry', 'trust.d') : undefined;
}

/** Where new entries go to; undefined for a user without a place for configuration. */
export function ownTrustDirectory({ scope, environment }: TrustSettings): string | undefined {
  return scope === 'user' ? userDirectory(environment) : '/etc/ferry/trust.d';
}

/**
 * The trust entries in some directories, in the order of these and of the names in them. A file masks those of the same name in later
 * directories (systemd.unit(5)). What cannot be read becomes an entry with a fault, as it may be about any URL.
 */
export async function readTrustEntries(directories: readonly string[]): Promise<TrustEntry[]> {
  const masked = new Set<string>();
  const entries: TrustEntry[] = [];
  for (const directory of directories) entries.push(...(await readDirectory(directory, masked)));
  return entries;
}

async function readDirectory(path: string, masked: Set<string>): Promise<TrustEntry[]> {
  const names = await namesIn(path);
  if (!Array.isArray(names)) return [unreadableEntry(basename(path), path, names.reason)];
  const fresh = names.filter((name) => name.endsWith('.conf') && !name.startsWith('.') && !masked.has(name)).sort();
  for (const name of fresh) masked.add(name);
  return (await Promise.all(fresh.map((name) => readEntries(join(path, name))))).flat();
}

async function namesIn(path: string): Promise<string[] | { reason: string }> {
  try {
    return await readdir(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    return { reason: unreadable(error) };
  }
}

async function readEntries(path: string): Promise<TrustEntry[]> {
  const name = basename(path, '.conf');
  try {
    const content = await readText(path);
    return typeof content === 'string'
      ? parseEntries(name, path, content)
      : [unreadableEntry(name, path, content.reason)];
  } catch (error) {
    return [unreadableEntry(name, path, unreadable(error))];
  }
}

/** Not what would never end, such as a pipe; a link to /dev/null is empty, and so masks. */
async function readText(path: string): Promise<string | { reason: string }> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const status = await file.stat();
  if (status.isCharacterDevice() && status.rdev === nullDevice) return '';
  if (!status.isFile()) return { reason: 'is not a regular file' };
  if (status.size > sizeMax) return { reason: `is larger than ${sizeMax} bytes` };
  return await file.readFile('utf8');
}

/** The number of /dev/null: major 1, minor 3. */
const nullDevice = 0x103;

function unreadable(error: unknown): string {
  const name = errnoName(error);
  if (name === undefined) throw error;
  return `cannot be read: ${errnoWords(name) ?? 'the system refused'} (${name})`;
}

/** The path of a keyring that an entry names: relative ones start at the directory of its file. */
export function keyringPath(entry: Pick<TrustEntry, 'path'>, text: string): string {
  return resolve(dirname(entry.path), text);
}
