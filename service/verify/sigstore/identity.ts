import { Failure } from '../../../common/failure.js';
import { parseReference } from '../../formats/oci/reference.js';

/** What an image is called, in full: a registry, a repository there, and a tag or a digest. */
export interface ImageName {
  /** `REGISTRY/REPOSITORY`; that of Docker's hub is `docker.io`. */
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** What a signature has to say of the name of an image (containers-policy.json(5), signedIdentity). */
export interface IdentityRule {
  readonly kind:
    | 'matchExact'
    | 'matchRepoDigestOrExact'
    | 'matchRepository'
    | 'exactReference'
    | 'exactRepository'
    | 'remapIdentity';
  /** The reference, the repository, or the prefix that is replaced. */
  readonly value?: string | undefined;
  /** What replaces the prefix. */
  readonly signedPrefix?: string | undefined;
}

const hub = 'docker.io';

/** The registry as it is called in names: Docker's hub has several host names. */
export function plainRegistry(registry: string): string {
  return ['index.docker.io', 'registry-1.docker.io'].includes(registry) ? hub : registry;
}

/** `REGISTRY/IMAGE` in full: Docker's hub has its own images below `library/`. */
export function fullRepository(registry: string, image: string): string {
  const plain = plainRegistry(registry);
  return `${plain}/${plain === hub && !image.includes('/') ? 'library/' : ''}${image}`;
}

/** The full name that a text stands for, as Docker completes names; undefined if it is not one. */
export function parseImageName(text: string): ImageName | undefined {
  if (text.includes('://')) return undefined;
  try {
    const { registry = hub, image, tag, digest } = parseReference(text);
    return { repository: fullRepository(registry, image), tag, digest };
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Whether a signature that names `signed` is one for the image `name`. */
export function matchesIdentity({ kind, value, signedPrefix }: IdentityRule, name: ImageName, signed: string): boolean {
  const found = parseImageName(signed);
  if (found === undefined) return false;
  if (kind === 'matchExact') return isSame(name, found);
  if (kind === 'matchRepository') return found.repository === name.repository;
  if (kind === 'matchRepoDigestOrExact') return isSameOrDigest(name, found);
  if (kind === 'remapIdentity') return isSameOrDigest(remapped(name, value ?? '', signedPrefix ?? ''), found);
  const expected = parseImageName(value ?? '');
  if (expected === undefined) return false;
  return kind === 'exactReference' ? isSame(expected, found) : found.repository === expected.repository;
}

/** A name without tag and digest stands for any image, and is not the same as another. */
function isSame(name: ImageName, found: ImageName): boolean {
  if (isRepository(name) || isRepository(found)) return false;
  return found.repository === name.repository && found.tag === name.tag && found.digest === name.digest;
}

function isSameOrDigest(name: ImageName, found: ImageName): boolean {
  if (name.tag !== undefined) return isSame(name, found);
  return name.digest !== undefined && !isRepository(found) && found.repository === name.repository;
}

function isRepository({ tag, digest }: ImageName): boolean {
  return tag === undefined && digest === undefined;
}

/** A prefix ends where a component does. */
function remapped(name: ImageName, prefix: string, signedPrefix: string): ImageName {
  const { repository } = name;
  if (repository !== prefix && !repository.startsWith(`${prefix}/`)) return name;
  return { ...name, repository: `${signedPrefix}${repository.slice(prefix.length)}` };
}

/** The name as people write it. */
export function printImageName({ repository, tag, digest }: ImageName): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
