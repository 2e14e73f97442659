import { escapeText } from '../../../common/escape.js';
import { Failure } from '../../../common/failure.js';
import { classSuffix, type ImageClass, type ImageFormat } from './classes.js';

const tarSuffixes = [
  '.tar',
  '.tar.xz',
  '.tar.gz',
  '.tar.bz2',
  '.tar.zst',
  '.tar.zstd',
  '.tgz',
  '.txz',
  '.tbz2',
  '.tzst',
];

/** In the order in which systemd tries them. */
const rawSuffixes = ['.xz', '.gz', '.bz2', '.zst', '.sysext.raw', '.confext.raw', '.raw', '.qcow2', '.img', '.bin'];

/** The longest file name, in bytes (NAME_MAX of linux/limits.h). */
export const fileNameLimit = 255;

/**
 * The last component of an URL's path, undecoded: `img.raw.xz` of `http://host/a/img.raw.xz?x#y`. Null when the path has
 * none.
 */
export function lastUrlComponent(url: string): string | null {
  const match = /^[^:]*:\/*[^/?#]*([^?#]*)/.exec(url);
  // file: URLs have no host: what follows the slashes is the path already.
  const path = url.startsWith('file:') ? url.slice('file:'.length).replace(/[?#].*$/s, '') : (match?.[1] ?? '');
  const trimmed = path.replace(/\/+$/, '');
  const last = trimmed.slice(trimmed.lastIndexOf('/') + 1);
  return last === '' ? null : last;
}

/** Takes one suffix of tar archives off a file name; without one the name comes back as it is. */
export function stripTarSuffix(name: string): string {
  const suffix = tarSuffixes.find((candidate) => name.endsWith(candidate));
  return suffix === undefined ? name : name.slice(0, -suffix.length);
}

/** Takes all suffixes of disk images and of compression off a file name: `a.raw.gz.xz.img.bin` becomes `a`. */
export function stripRawSuffix(name: string): string {
  let rest = name;
  let before: string;
  do {
    before = rest;
    for (const suffix of rawSuffixes) if (rest.endsWith(suffix)) rest = rest.slice(0, -suffix.length);
  } while (rest !== before);
  return rest;
}

/** Takes the suffixes of a format off a file name. */
export function stripSuffixes(name: string, format: ImageFormat): string {
  return format === 'tar' ? stripTarSuffix(name) : stripRawSuffix(name);
}

/** Code points that systemd refuses in UTF-8 text: surrogates and the noncharacters of Unicode. */
function hasUnusableCodePoint(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return true;
    if (code >= 0xfdd0 && code <= 0xfdef) return true;
    if ((code & 0xfffe) === 0xfffe) return true;
  }
  return false;
}

/** Names that mean something else than an image to us or to systemd: whoever got one could not be found again. */
function whyReserved(name: string, imageClass: ImageClass, isTree: boolean): string | null {
  if (name === '.host') return 'it stands for this host itself';
  if (/^\.(raw|tar)-/.test(name)) return "names that begin with '.raw-' or '.tar-' are reserved for cached downloads";
  if (name.startsWith('.sysupdate.')) return "names that begin with '.sysupdate.' are reserved for systemd-sysupdate";
  if (isTree && /\.(v|mstack)$/.test(name)) return "trees whose names end in '.v' or '.mstack' are collections";
  const own = classSuffix(imageClass);
  return own !== '' && name.endsWith(own) ? `images of class ${imageClass} are listed without '${own}'` : null;
}

function whyInvalid(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'it stands for a directory';
  if (name.includes('/')) return "it contains a '/'";
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'it contains a control character';
  if (hasUnusableCodePoint(name)) return 'it is not valid UTF-8';
  if (name.startsWith('.#')) return "names that begin with '.#' are kept for temporary files";
  if (Buffer.byteLength(name) > fileNameLimit) return `it is longer than ${fileNameLimit} bytes`;
  return null;
}

/**
 * Gives back a name that an image may have, by the rules of systemd: a file name, valid UTF-8 without control
 * characters, that does not begin with `.#`. Throws InvalidName with the reason otherwise.
 */
export function validateImageName(name: string): string {
  return orInvalid(name, whyInvalid(name));
}

/**
 * Gives back a name that a new image may get: one under which it is listed, exported and removed afterwards. Throws InvalidName.
 *
 * @param fileName what it will have in the image directory
 */
export function validateNewName(name: string, imageClass: ImageClass, fileName: string): string {
  validateImageName(name);
  orInvalid(name, whyReserved(name, imageClass, fileName === name));
  validateFileName(fileName, name);
  return name;
}

function orInvalid(name: string, reason: string | null): string {
  if (reason === null) return name;
  throw new Failure(
    'InvalidName',
    `'${escapeText(name)}' cannot be the name of an image: ${reason}. Give another one`,
    {
      name,
    },
  );
}

export function isValidImageName(name: string): boolean {
  return whyInvalid(name) === null;
}

/** Throws InvalidName when a name that is valid as such makes a file name that no directory can hold. */
export function validateFileName(fileName: string, name: string): string {
  if (Buffer.byteLength(fileName) <= fileNameLimit) return fileName;
  const message = `'${escapeText(name)}' cannot be the name of this image: its file name would be longer than ${fileNameLimit} bytes. Give a shorter one`;
  throw new Failure('InvalidName', message, { name });
}

/** Throws InvalidName when what belongs to an image cannot have the image's name with its suffix. */
export function validateBelongings(name: string, suffixes: Iterable<string>): void {
  for (const suffix of suffixes) {
    if (Buffer.byteLength(name + suffix) <= fileNameLimit) continue;
    const message = `'${escapeText(name)}' cannot be the name of this image: its '${suffix}' file would have a name longer than ${fileNameLimit} bytes. Give a shorter one`;
    throw new Failure('InvalidName', message, { name });
  }
}

/**
 * The name for an image from the URL it is pulled from: the last component of the path, without the suffixes of the
 * format. Percent escapes stay as they are. Throws InvalidName when there is none or when it cannot be used.
 */
export function imageNameFromUrl(url: string, format: ImageFormat): string {
  const component = lastUrlComponent(url);
  if (component === null) {
    const message = 'The URL has no last component that an image could be named after. Give a name';
    throw new Failure('InvalidName', message, { name: '' });
  }
  return validateImageName(stripSuffixes(component, format));
}
