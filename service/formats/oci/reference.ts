import { digestPattern } from '../../../common/digest.js';
import { Failure } from '../../../common/failure.js';
import { escapeText, firstOf } from '../../../varlink/text.js';

/** What names an image in a registry. */
export interface Reference {
  /** `HOST` or `HOST:PORT`; undefined where the configuration of registries decides. */
  readonly registry: string | undefined;
  /** Without tag and digest. */
  readonly image: string;
  readonly tag: string | undefined;
  /** `sha256:` or `sha512:` and lower-case hexadecimal. */
  readonly digest: string | undefined;
}

const form = '[REGISTRY[:PORT]/]IMAGE[:TAG][@DIGEST]';
/** Of image and registry together: registries of the reference implementation take no more. */
const lengthMax = 255;

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const registryPattern = new RegExp(`^(?:${label}(?:\\.${label})*\\.?|\\[[0-9a-fA-F:.]+\\])(?::([0-9]{1,5}))?$`);
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const imagePattern = new RegExp(`^${component}(?:/${component})*$`);
/** Whether a text can be the name of a repository. */
export function isRepository(text: string): boolean {
  return text.length < 256 && imagePattern.test(text);
}

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/**
 * Reads a reference, as the distribution specification 1.1 has names, tags and digests; `docker://` before it does not count. What
 * precedes the first slash is a registry if it has a dot, a colon or an upper-case letter, or is `localhost`, as Docker and podman
 * have it.
 *
 * @throws Failure InvalidUrl when it is not one
 */
export function parseReference(text: string): Reference {
  const fail = (reason: string) => refuse(text, reason);
  const plain = text.replace(/^docker:\/\//, '');
  if (plain === '') return fail(`it is empty; give ${form}`);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(plain)) return fail(`it is a URL; give ${form}`);
  const [named = '', digest, ...more] = plain.split('@');
  if (more.length > 0) return fail("it has more than one '@'");
  if (digest !== undefined && !digestPattern.test(digest))
    return fail("what follows '@' is not sha256: or sha512: and a digest in lower-case hexadecimal");
  const { registry, rest } = splitRegistry(named);
  const colon = rest.indexOf(':');
  const image = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const problem = registryProblem(registry) ?? imageProblem(image) ?? tagProblem(tag);
  if (problem !== undefined) return fail(problem);
  if (image.length + (registry?.length ?? 0) >= lengthMax)
    return fail(`its name is longer than ${lengthMax} characters`);
  return { registry: registry?.toLowerCase(), image, tag, digest };
}

function splitRegistry(named: string): { registry: string | undefined; rest: string } {
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost';
  return isRegistry ? { registry: first, rest: named.slice(slash + 1) } : { registry: undefined, rest: named };
}

function registryProblem(registry: string | undefined): string | undefined {
  if (registry === undefined) return undefined;
  const [match, port] = registryPattern.exec(registry) ?? [];
  if (match === undefined) return `'${shown(registry)}' is not a host name, or one with a port`;
  if (port !== undefined && (Number(port) === 0 || Number(port) > 65_535))
    return `port ${port} is not one from 1 to 65535`;
  return URL.canParse(`https://${registry}/`) ? undefined : `'${shown(registry)}' is not a host name`;
}

function imageProblem(image: string): string | undefined {
  if (image === '') return `it names no image; give ${form}`;
  if (imagePattern.test(image)) return undefined;
  if (/[A-Z]/.test(image)) return `'${shown(image)}' has upper-case letters, which image names cannot have`;
  return `'${shown(image)}' is not an image name: its components are lower-case letters and digits, with '.', '_', '__' or '-' between them`;
}

function tagProblem(tag: string | undefined): string | undefined {
  if (tag === undefined || tagPattern.test(tag)) return undefined;
  if (tag === '') return "nothing follows the ':'";
  return `'${shown(tag)}' is not a tag: up to 128 letters, digits, '_', '.' and '-', the first one a letter, a digit or '_'`;
}

function shown(text: string): string {
  return escapeText(firstOf(text, 100));
}

function refuse(text: string, reason: string): never {
  throw new Failure('InvalidUrl', `Cannot use the reference '${shown(text)}': ${reason}`, { url: shown(text) });
}
