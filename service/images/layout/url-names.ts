import { Failure } from '../../../common/failure.js';
import type { ImageFormat } from '../../../common/image-classes.js';
import { hasImageSuffix, stripSuffixes } from '../../../common/suffixes.js';
import { lastComponent } from '../../../common/url.js';
import { cutText, escapeText } from '../../../varlink/text.js';
import { validateImageName } from './names.js';

/** Last components that name what a server does, and not what it gives. */
const verbs =
  /^(?:download|downloads|get|fetch|file|files|raw|blob|content|data|index|view|latest|asset|assets|attachment)$/i;
/** Programs on a server. */
const programs = /\.(?:php|cgi|pl|py|aspx?|ashx|jsp|do|html?)$/i;

/**
 * The name for an image from the URL it is pulled from, without the suffixes of the format: that of the last component of the path, or,
 * where that names no image, of the one before it (`disk.raw/download`) or of the only file in the query (`get?file=disk.raw`). Percent
 * escapes that mean something stay. Undefined where the server knows better.
 *
 * @throws Failure InvalidName when it cannot be used
 */
export function nameFromUrl(url: string, format: ImageFormat): string | undefined {
  const component = lastComponent(url);
  const isClear = component !== undefined && (hasImageSuffix(component) || !isVague(component, url));
  const name = isClear ? component : (componentBefore(url) ?? onlyFileIn(url));
  return name === undefined ? undefined : validateImageName(stripSuffixes(name, format));
}

/** The name that the URL gives where the server gives none: that of any last component, as importctl has it, but for verbs. */
export function lastName(url: string, format: ImageFormat): string | undefined {
  const component = lastComponent(url);
  return component === undefined || verbs.test(component.replace(programs, ''))
    ? undefined
    : stripSuffixes(component, format);
}

/**
 * The name for an image from what a server calls the file. It may be anything, so that paths, hidden files and what programs take for an
 * option are refused.
 *
 * @throws Failure InvalidName when it cannot be used
 */
export function nameFromServer(fileName: string, format: ImageFormat): string {
  if (/^[^.-][^/\\]*$/.test(fileName)) return validateImageName(stripSuffixes(fileName, format));
  const message = `The server calls the file '${escapeText(cutText(fileName, 255))}', which cannot name an image; give a name`;
  throw new Failure('InvalidName', message, { name: cutText(fileName, 255) });
}

/** That a URL gives no name. */
export function unnamed(url: string): Failure {
  const message = `Cannot name the image: neither '${escapeText(url)}' nor the server names a file; give a name`;
  return new Failure('InvalidName', message, { name: '' });
}

function isVague(component: string, url: string): boolean {
  return verbs.test(component) || programs.test(component) || /^[^#]*\?/.test(url);
}

/** The component before the last one, if it names a file. */
function componentBefore(url: string): string | undefined {
  const bare = url.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const name = lastComponent(bare.slice(0, bare.lastIndexOf('/')));
  return name !== undefined && hasImageSuffix(name) ? name : undefined;
}

/** The file that the values of the query and the fragment name, if they name one. */
function onlyFileIn(url: string): string | undefined {
  const [, query = ''] = /[?#](.*)$/s.exec(url) ?? [];
  const values = query.split(/[&;#?]/).map((field) => givenFile(decoded(field.slice(field.indexOf('=') + 1))));
  const names = values.map((value) => value.slice(value.lastIndexOf('/') + 1)).filter(hasImageSuffix);
  const [only, another] = new Set(names);
  return another === undefined ? only : undefined;
}

/** Signed URLs of object stores say what Content-Disposition the store is to answer with. */
function givenFile(value: string): string {
  const [, extended, plain] = /\bfilename(?:\*=utf-8'[^']*'([^;]+)|="?([^";]+))/i.exec(value) ?? [];
  return extended === undefined ? (plain ?? value) : decoded(extended);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
