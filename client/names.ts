import { basename, resolve } from 'node:path';
import { UserError } from './cli/failure.js';

export const tarSuffixes = ['.tar', '.tar.xz', '.tar.gz', '.tar.bz2', '.tar.zst', '.tgz', '.txz', '.tbz2', '.tzst'];
export const rawSuffixes = [
  '.xz',
  '.gz',
  '.bz2',
  '.zst',
  '.sysext.raw',
  '.confext.raw',
  '.raw',
  '.qcow2',
  '.img',
  '.bin',
];

/** Removes one suffix of a tar archive; may leave nothing. */
export function stripTarSuffix(name: string): string {
  const suffix = tarSuffixes.find((candidate) => name.endsWith(candidate));
  return suffix === undefined ? name : name.slice(0, -suffix.length);
}

/** Removes suffixes of disk images until none is left (`a.raw.gz.xz.img` becomes `a`); may leave nothing. */
export function stripRawSuffixes(name: string): string {
  let rest = name;
  for (let before = ''; before !== rest; ) {
    before = rest;
    for (const suffix of rawSuffixes) {
      if (rest.endsWith(suffix)) rest = rest.slice(0, -suffix.length);
    }
  }
  return rest;
}

/** What the name of an image comes in. */
export type NameForm = 'tar' | 'raw' | 'directory';

function strip(name: string, form: NameForm): string {
  if (form === 'directory') return name;
  return form === 'tar' ? stripTarSuffix(name) : stripRawSuffixes(name);
}

/** Whether a parameter was not valid UTF-8: node replaces what it cannot decode, so what was typed is lost. */
export function isDamaged(text: string): boolean {
  return text.includes('\ufffd');
}

/** What is wrong with a name for an image, if anything. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'it is a directory reference';
  if (name.includes('/')) return "it contains '/'";
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'it contains control characters';
  if (name.startsWith('.#')) return "names beginning with '.#' are kept for temporary files";
  if (Buffer.byteLength(name) > 255) return 'it is longer than 255 bytes';
  return isDamaged(name) ? 'it is not valid UTF-8' : undefined;
}

/** What is wrong with a name that a new image is to get. The service knows more, by class and format. */
export function newNameProblem(name: string): string | undefined {
  if (name === '.host') return 'it stands for this host itself';
  if (/^\.(raw|tar)-/.test(name)) return "names that begin with '.raw-' or '.tar-' are reserved for cached downloads";
  if (name.startsWith('.sysupdate.')) return "names that begin with '.sysupdate.' are reserved for systemd-sysupdate";
  return nameProblem(name);
}

/** @throws UserError if an image cannot get that name */
export function checkNewName(name: string): string {
  return orRefuse(name, newNameProblem(name));
}

/** @throws UserError if no image can be called that */
export function checkImageName(name: string): string {
  return orRefuse(name, nameProblem(name));
}

function orRefuse(name: string, problem: string | undefined): string {
  if (problem !== undefined) throw new UserError(`'${name}' cannot be the name of an image: ${problem}.`);
  return name;
}

function stripAndCheck(given: string, form: NameForm): string {
  const name = strip(given, form);
  if (name === '' && given !== '') {
    throw new UserError(`'${given}' cannot be the name of an image: nothing is left of it without its suffix.`);
  }
  return checkNewName(name);
}

/**
 * What a pull is to be called. Suffixes are removed from a given name too, as importctl(1) does; `-` keeps the pristine
 * download only; without a name the service takes the last component of the URL.
 */
export function pullName(given: string | undefined, form: NameForm): { name?: string; pristineOnly?: true } {
  if (given === '-') return { pristineOnly: true };
  return given === undefined || given === '' ? {} : { name: stripAndCheck(given, form) };
}

/**
 * What an import is to be called: the given name, or that of the file; without suffixes.
 *
 * @param file path, or `-` for standard input
 * @throws UserError if there is neither, or neither can be a name
 */
export function importName(file: string, given: string | undefined, form: NameForm): string {
  if (given !== undefined && given !== '' && given !== '-') return stripAndCheck(given, form);
  if (isStandardStream(file)) throw new UserError('A NAME is needed when the image is read from standard input.');
  const name = form === 'directory' ? basename(resolve(file)) : basename(file);
  if (name === '') throw new UserError(`A NAME is needed: none can be derived from '${file}'.`);
  return stripAndCheck(name, form);
}

/** Whether FILE means standard input or output. */
export function isStandardStream(file: string | undefined): boolean {
  return file === undefined || file === '' || file === '-';
}

/**
 * Checks the form of a URL so far as the service surely will.
 *
 * @throws UserError if nothing can be pulled from there
 */
export function checkUrl(url: string, form: 'tar' | 'raw'): string {
  const shown = `'${withoutUser(url)}' is not a URL to pull from`;
  if (/[\u0000-\u0020\u007f]/.test(url))
    throw new UserError(`${shown}: spaces and control characters must be written as %20 and so on.`);
  if (/[^\u0000-\u007f]/.test(url)) throw new UserError(`${shown}: characters beyond ASCII must be percent-encoded.`);
  if (/^https?:\/\/[^/?#]/.test(url) || /^file:\/./.test(url)) return url;
  const local = /^\.{0,2}\//.test(url) || !url.includes(':') ? ` For a file on this host use import-${form}.` : '';
  throw new UserError(`${shown}: it must begin with http://, https:// or file://.${local}`);
}

/** Passwords are not for terminals and logs. */
function withoutUser(url: string): string {
  return url.replace(/^([A-Za-z][\w+.-]*:\/\/)[^/?#]*@/, '$1');
}
