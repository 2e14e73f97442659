import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { isJsonObject } from '../../../varlink/idl/value.js';
import { JsonError, type JsonObject, parseJson } from '../../../varlink/json.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import { parseReference, type Reference } from '../../formats/oci/reference.js';

/** Where an image may be, and under what name there. */
export interface RegistryPlace {
  /** `HOST` or `HOST:PORT`, as logins are kept under. */
  readonly registry: string;
  /** Such as `https://registry.example.com:5000/v2/`. */
  readonly base: string;
  readonly repository: string;
  /** Undefined where a digest says all. */
  readonly tag: string | undefined;
}

/** An entry of the database of registries: one file (upstream's keys, and mirrors). */
interface RegistryEntry {
  readonly path: string;
  readonly texts: Readonly<Partial<Record<(typeof textKeys)[number], string>>>;
  /** `[http[s]://]HOST[:PORT][/PREFIX]` */
  readonly mirrors: readonly string[];
}

const textKeys = [
  'defaultProtocol',
  'overrideRegistry',
  'defaultRegistry',
  'overrideImage',
  'shortImagePrefix',
  'defaultTag',
] as const;

/** Of one file, in bytes. */
const sizeMax = 64 * 1024;
const mirrorsMax = 16;

/**
 * Where to look for an image, in that order: the mirrors of its registry, and that itself.
 *
 * @param directories of the database, those that count first, first
 * @throws Failure InvalidUrl when no registry is known for it
 * @throws Failure FileSystemError when an entry cannot be read, or makes no sense
 */
export function placesOf(reference: Reference, directories: readonly string[]): RegistryPlace[] {
  const { named, entry } = entryFor(reference, directories);
  const { texts, mirrors, path } = entry ?? { texts: {}, mirrors: [], path: '' };
  const registry = texts.overrideRegistry ?? named.registry ?? texts.defaultRegistry;
  if (registry === undefined) {
    const message = `Cannot tell which registry '${named.image}' is in: write REGISTRY/${named.image}`;
    throw new Failure('InvalidUrl', message, { url: named.image });
  }
  const repository = texts.overrideImage ?? withPrefix(named.image, texts.shortImagePrefix);
  const tag = named.digest === undefined ? (named.tag ?? texts.defaultTag ?? 'latest') : undefined;
  const places = [
    ...mirrors.flatMap((mirror) => mirrorPlaces(mirror, repository)),
    ...protocolsOf(registry, texts.defaultProtocol).map((protocol) => ({
      registry,
      base: `${protocol}://${registry}/v2/`,
      repository,
    })),
  ];
  for (const place of places) checkPlace(place, path);
  return places.map((place) => ({ ...place, tag }));
}

function entryFor(
  reference: Reference,
  directories: readonly string[],
): { named: Reference; entry?: RegistryEntry | undefined } {
  const { registry, image } = reference;
  const find = (key: string) => readEntry(`${key}.oci-registry`, directories);
  if (registry !== undefined) return { named: reference, entry: find(`registry.${escapeKey(registry)}`) };
  const own = find(`image.${escapeKey(image)}`);
  if (own !== undefined) return { named: reference, entry: own };
  const slash = image.indexOf('/');
  // A short name for a registry, such as fedora.
  const short = slash < 0 ? undefined : image.slice(0, slash);
  const entry = short === undefined ? undefined : find(`registry.${escapeKey(short)}`);
  if (entry !== undefined) return { named: { ...reference, registry: short, image: image.slice(slash + 1) }, entry };
  return { named: reference, entry: find('default') };
}

/** As upstream's files are named: all but these characters as %HH. */
function escapeKey(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function withPrefix(image: string, prefix: string | undefined): string {
  return prefix === undefined || image.includes('/') ? image : `${prefix}${image}`;
}

/** A registry on this host may speak either, if nothing says which. */
function protocolsOf(registry: string, chosen: string | undefined): string[] {
  if (chosen !== undefined) return [chosen];
  const host = URL.canParse(`http://${registry}/`) ? new URL(`http://${registry}/`).hostname : '';
  const isLoopback = /^127(?:\.\d{1,3}){3}$|^localhost$|\.localhost$|^\[::1\]$/.test(host);
  return isLoopback ? ['https', 'http'] : ['https'];
}

function mirrorPlaces(mirror: string, repository: string): Omit<RegistryPlace, 'tag'>[] {
  const [, protocol, registry = '', prefix = ''] = /^(?:(https?):\/\/)?([^/]+)((?:\/[^/]+)*)\/?$/.exec(mirror) ?? [];
  return protocolsOf(registry, protocol).map((each) => ({
    registry,
    base: `${each}://${registry}/v2/`,
    repository: `${prefix.slice(1)}${prefix === '' ? '' : '/'}${repository}`,
  }));
}

/** @throws Failure FileSystemError when an entry names what is not a registry, or gives an image a name that none can have */
function checkPlace({ registry, repository, base }: Omit<RegistryPlace, 'tag'>, path: string): void {
  const isPlace = /^https?:/.test(base) && URL.canParse(base) && isReference(`${registry}/${repository}`, repository);
  if (!isPlace)
    throw unusable(path, `it leads to '${escapeText(firstOf(`${base}${repository}`, 200))}', where no image can be`);
}

function isReference(text: string, image: string): boolean {
  // A host without a dot is a registry where an entry says so.
  const full = /^[^/:]*[.:]/.test(text) || text.startsWith('localhost/') ? text : `x.${text}`;
  try {
    return parseReference(full).image === image;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** The first directory that has the file decides. */
function readEntry(name: string, directories: readonly string[]): RegistryEntry | undefined {
  for (const directory of directories) {
    const path = join(directory, name);
    const text = readText(path);
    if (text !== undefined) return parseEntry(path, text);
  }
  return undefined;
}

function readText(path: string): Buffer | undefined {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw unusable(path, 'it is not a regular file');
      if (status.size > sizeMax) throw unusable(path, `it is larger than ${sizeMax} bytes`);
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    const errorName = errnoName(error);
    if (errorName === undefined) throw error;
    throw unusable(path, errnoWords(errorName) ?? errorName, errorName);
  }
}

function parseEntry(path: string, bytes: Buffer): RegistryEntry {
  const object = parseObject(path, bytes);
  const texts: Partial<Record<(typeof textKeys)[number], string>> = {};
  for (const key of textKeys) {
    const value = object[key] ?? undefined;
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '') throw unusable(path, `${key} is not a text`);
    texts[key] = value;
  }
  if (texts.defaultProtocol !== undefined && !/^https?$/.test(texts.defaultProtocol))
    throw unusable(path, `defaultProtocol is '${escapeText(firstOf(texts.defaultProtocol, 40))}': use https or http`);
  const mirrors = object['mirrors'] ?? [];
  if (!Array.isArray(mirrors) || mirrors.length > mirrorsMax || !mirrors.every((each) => typeof each === 'string'))
    throw unusable(path, `mirrors is not a list of up to ${mirrorsMax} texts`);
  return { path, texts, mirrors };
}

function parseObject(path: string, bytes: Buffer): JsonObject {
  try {
    const value = parseJson(bytes, { valuesMax: 1000 });
    if (isJsonObject(value)) return value as JsonObject;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw unusable(path, `it is not JSON (${escapeText(firstOf(error.message, 100))})`);
  }
  throw unusable(path, 'it does not hold a JSON object');
}

function unusable(path: string, reason: string, errorName = 'EINVAL'): Failure {
  const message = `Cannot use the registry entry '${escapeText(path)}': ${reason}`;
  return new Failure('FileSystemError', message, { path, errorName });
}
