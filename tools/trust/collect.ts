import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Key } from 'openpgp';
import { readOpenpgpKeys } from '../../service/verify/keys.js';
import { factsOf, fingerprintOf, isUsable, keyringOf, trimKey } from './keys.js';
import { copyrightDigest, type Package, sha256 } from './packages.js';
import { type KeySource, type Publisher, publishers } from './publishers.js';
import type { PackageFacts, SourceFile, Sources } from './sources.js';

/** What debian/copyright says of the keys in each package. All of it may be redistributed. */
const licences: Readonly<Record<string, string>> = {
  'archlinux-keyring': 'GPL-3.0-or-later',
  'debian-keyring': 'public domain: "the keys in the keyrings don\'t fall under any copyright"',
  'distribution-gpg-keys': 'CC0-1.0',
  'ubuntu-keyring': 'public domain: "the keys in the keyrings don\'t fall under any copyright"',
};

export const packageNames = Object.keys(licences);

/** What the packages give: the keyring of each publisher, by its name, and where it comes from. */
export interface Collected {
  readonly keyrings: ReadonlyMap<string, string>;
  readonly sources: Sources;
}

/** @throws Error when a package, a file or a key is missing that the table of publishers names */
export async function collect(packages: ReadonlyMap<string, Package>): Promise<Collected> {
  const keyrings = new Map<string, string>();
  const files: SourceFile[] = [];
  for (const publisher of publishers) {
    const found = await keysOf(publisher, packages);
    keyrings.set(publisher.name, keyringOf(found.flatMap(({ keys }) => keys)));
    for (const { file, keys } of found) files.push({ ...file, keys: await Promise.all(keys.map(factsOf)) });
  }
  return { keyrings, sources: { packages: packageNames.map((name) => packageFacts(named(packages, name))), files } };
}

interface Found {
  readonly file: Omit<SourceFile, 'keys'>;
  readonly keys: Key[];
}

async function keysOf(publisher: Publisher, packages: ReadonlyMap<string, Package>): Promise<Found[]> {
  const seen = new Set<string>();
  const found: Found[] = [];
  for (const source of publisher.keys) {
    for (const file of filesOf(source, named(packages, source.package))) {
      const keys = (await readFileKeys(file.path, source)).filter((key) => !seen.has(fingerprintOf(key)));
      for (const key of keys) seen.add(fingerprintOf(key));
      const { name, bytes } = file;
      const facts = { publisher: publisher.name, package: source.package, file: name, sha256: sha256(bytes) };
      if (keys.length > 0) found.push({ file: facts, keys });
    }
    const missing = (source.fingerprints ?? []).filter((fingerprint) => !seen.has(fingerprint));
    if (missing.length > 0) throw new Error(`${source.package} has no usable key ${missing.join(', ')}`);
  }
  return found;
}

interface KeyFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: Buffer;
}

function filesOf({ directory, files }: KeySource, { root, name: packageName }: Package): KeyFile[] {
  const names = readdirSync(join(root, directory)).filter((name) => files.test(name));
  if (names.length === 0) throw new Error(`${packageName} has no file ${files.source} in ${directory}`);
  const collator = new Intl.Collator('en', { numeric: true });
  return names.sort(collator.compare).map((name) => {
    const path = join(root, directory, name);
    return { name: join(directory, name), path, bytes: readFileSync(path) };
  });
}

/** Keys that were no longer valid when the file was packaged stay behind. */
async function readFileKeys(path: string, { fingerprints }: KeySource): Promise<Key[]> {
  const packaged = statSync(path).mtime;
  const keys: Key[] = [];
  for (const key of await readOpenpgpKeys({ path, bytes: readFileSync(path) })) {
    const isMeant = fingerprints === undefined || fingerprints.includes(fingerprintOf(key));
    if (isMeant && (await isUsable(key, packaged))) keys.push(trimKey(key));
  }
  return keys;
}

function packageFacts(from: Package): PackageFacts {
  const { name, version } = from;
  return { name, version, licence: licences[name] ?? '', copyrightSha256: copyrightDigest(from) };
}

function named(packages: ReadonlyMap<string, Package>, name: string): Package {
  const found = packages.get(name);
  if (found === undefined) throw new Error(`there is no package ${name}`);
  return found;
}
