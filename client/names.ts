import { basename, resolve } from 'node:path';
import { splitDigest } from '../common/digest.js';
import { imageNameProblem, newImageNameProblem } from '../common/image-names.js';
import { stripSuffixes } from '../common/suffixes.js';
import { checksumFileProblem, urlProblem, withoutUserinfo } from '../common/url.js';
import { UsageError, UserError } from './cli/failure.js';

/** What the name of an image comes in. */
export type NameForm = 'tar' | 'raw' | 'directory' | 'oci';

function strip(name: string, form: NameForm): string {
  if (form === 'directory') return name;
  if (form === 'oci') return stripSuffixes(name, 'tar').replace(/\.oci$/, '');
  return stripSuffixes(name, form);
}

/** Whether a parameter was not valid UTF-8: node replaces what it cannot decode, so what was typed is lost. */
export function isDamaged(text: string): boolean {
  return text.includes('\ufffd');
}

/** @throws UserError if an image cannot get that name */
export function checkNewName(name: string): string {
  return orRefuse(name, newImageNameProblem(name));
}

/** @throws UserError if no image can be called that */
export function checkImageName(name: string): string {
  return orRefuse(name, imageNameProblem(name));
}

function orRefuse(name: string, reason: string | undefined): string {
  const problem = reason ?? (isDamaged(name) ? 'it is not valid UTF-8' : undefined);
  if (problem !== undefined) throw invalidName(name, `'${name}' cannot be the name of an image: ${problem}.`);
  return name;
}

function invalidName(name: string, message: string): UserError {
  return new UserError(message, { error: 'InvalidName', facts: { name } });
}

function invalidUrl(url: string, message: string): UserError {
  return new UserError(message, { error: 'InvalidUrl', facts: { url: withoutUserinfo(url) } });
}

function stripAndCheck(given: string, form: NameForm): string {
  const name = strip(given, form);
  if (name === '' && given !== '') {
    throw invalidName(given, `'${given}' cannot be the name of an image: nothing is left of it without its suffix.`);
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
  if (isStandardStream(file)) throw new UsageError('A NAME is needed when the image is read from standard input.');
  const name = form === 'directory' || form === 'oci' ? basename(resolve(file)) : basename(file);
  if (name === '') throw new UsageError(`A NAME is needed: none can be derived from '${file}'.`);
  return stripAndCheck(name, form);
}

/** Whether FILE means standard input or output. */
export function isStandardStream(file: string | undefined): boolean {
  return file === undefined || file === '' || file === '-';
}

/** Whether a text names something on a server, and no file. */
export function isUrl(text: string): boolean {
  return /^(?:https?|ftp):\/\//i.test(text);
}

/**
 * Checks a URL by the rules of the service, and takes the digest out of its fragment: a service that does not know of these would ignore it.
 *
 * @param given the digest that was given beside it
 * @throws UserError if nothing can be pulled from there, or the digest cannot be read, or is not the given one
 */
export function checkLocation(
  url: string,
  form: 'tar' | 'raw',
  given: string | undefined,
): { url: string; digest: string | undefined } {
  const split = splitDigest(checkUrl(url, form), given);
  if ('problem' in split) throw invalidUrl(url, `${split.problem}.`);
  return split;
}

/** @throws UserError if it is not the name of a file beside the image, nor a URL that a checksum file can come from */
export function checkChecksumFile(text: string, url: string): void {
  const problem = checksumFileProblem(text, url);
  if (problem !== undefined)
    throw invalidUrl(text, `Cannot use '${withoutUserinfo(text)}' for --checksum-file=: it ${problem}`);
}

function checkUrl(url: string, form: 'tar' | 'raw'): string {
  const problem = urlProblem(url);
  if (problem === undefined) return url;
  const local = /^\.{0,2}\//.test(url) || !url.includes(':') ? ` For a file on this host use import-${form}.` : '';
  throw invalidUrl(url, `'${withoutUserinfo(url)}' is not a URL to pull from: it ${problem}${local}`);
}
