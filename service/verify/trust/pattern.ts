import { type Location, plainHost, readingsOf } from './location.js';

/** Which URLs a trust entry covers: those below a prefix, or those of some hosts. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  /** Undefined for http:, https: and docker: alike. */
  readonly scheme: Location['scheme'] | undefined;
  readonly host: string;
  /** Whether the names below `host` are meant, and not `host` itself. */
  readonly isGlob: boolean;
  /** Empty for that of the scheme, undefined for any. */
  readonly port: string | undefined;
  /** Whole components that a path begins with. */
  readonly path: string;
}

/**
 * Reads a value of URL=: a prefix (`https://host/path/`, `file:///path/`, `docker://registry/repository`), a host (`example.org`), or a glob for the hosts below one
 * (`*.example.org`), which may also stand in a prefix. A text says why it is none of them, as the rest of a sentence.
 */
export function parsePattern(text: string): Pattern | string {
  const match = /^(?:(https?|file|docker):\/\/)?(\*\.)?([^/]*)(\/.*)?$/i.exec(text);
  if (match === null || /[\s\\"'?#@]/.test(text)) return notPattern;
  const [, scheme, glob, host = '', path] = match;
  if (path?.includes('*') || host.includes('*')) return starsElsewhere;
  if (scheme?.toLowerCase() === 'file') return host === '' && !glob ? prefix(text, text, false) : fileHost;
  if (host === '') return 'names no host';
  if (scheme === undefined) return path === undefined ? hostPattern(text, host, glob !== undefined) : noScheme;
  if (scheme.toLowerCase() === 'docker' && !isRegistry(host, glob !== undefined)) return noRegistry;
  if (scheme.toLowerCase() === 'docker' && path?.includes(':')) return hasTag;
  return prefix(text, `${scheme}://${glob === undefined ? '' : globLabel}${host}${path ?? '/'}`, glob !== undefined);
}

const notPattern =
  'is neither a prefix of URLs, such as https://example.org/images/, nor a pattern of hosts, such as *.example.org';
const starsElsewhere = "has a '*' elsewhere than in '*.' before a host name";
const fileHost = 'names a host: prefixes of files have three slashes, as in file:///srv/images/';
const noScheme = 'has a path, but does not begin with https://, http://, docker:// or file://';

const noRegistry = 'names no registry: write it in full, as in docker://docker.io/library/debian';
const hasTag = 'has a tag: entries are for repositories, and for what is below a name';

/** As references tell a registry from the first component of a name. */
function isRegistry(host: string, isGlob: boolean): boolean {
  return isGlob || /[.:]/.test(host) || host === 'localhost';
}

/** Stands for what a glob leaves open, so that the rest is read as a host name, and not as an address. */
const globLabel = 'x.';

function prefix(text: string, url: string, isGlob: boolean): Pattern | string {
  // Some end in a name that has no meaning before the path is complete.
  if (!URL.canParse(url)) return 'has no valid host name';
  const location = readingsOf(url).at(-1);
  if (location === undefined) return notPattern;
  const { scheme, host, port, path } = location;
  return { text, scheme, host: isGlob ? host.slice(globLabel.length) : host, isGlob, port, path };
}

function hostPattern(text: string, host: string, isGlob: boolean): Pattern | string {
  const name = `${isGlob ? globLabel : ''}${host}`;
  if (!URL.canParse(`https://${name}`)) return 'has no valid host name';
  const { hostname } = new URL(`https://${name}`);
  const plain = plainHost(hostname).slice(isGlob ? globLabel.length : 0);
  const port = /:(\d+)$/.exec(host)?.[1];
  return { text, scheme: undefined, host: plain, isGlob, port, path: '/' };
}

/** Whether a pattern covers a location. */
export function covers(pattern: Pattern, location: Location): boolean {
  const { scheme, port, path } = pattern;
  if (scheme === undefined ? location.scheme === 'file:' : location.scheme !== scheme) return false;
  if (!coversHost(pattern, location.host)) return false;
  if (port !== undefined && port !== location.port && port !== defaultPort(location)) return false;
  return path === '/' || location.path === path || location.path.startsWith(`${path}/`);
}

function coversHost({ host, isGlob }: Pattern, name: string): boolean {
  return isGlob ? name.endsWith(`.${host}`) && name.length > host.length + 1 : name === host;
}

function defaultPort({ scheme, port }: Location): string | undefined {
  return port === '' ? { 'http:': '80', 'https:': '443', 'docker:': '443', 'file:': undefined }[scheme] : undefined;
}

/** Sorts the more specific pattern first: the one with the longer host, a host before a glob, then the one with the longer path. */
export function compareSpecificity(a: Pattern, b: Pattern): number {
  const exact = Number(a.isGlob) - Number(b.isGlob);
  return (exact === 0 ? b.host.length - a.host.length : exact) || b.path.length - a.path.length;
}

/** Whether all that a pattern covers is covered by another one. */
export function isWithin(inner: Pattern, outer: Pattern): boolean {
  if (outer.scheme === undefined ? inner.scheme === 'file:' : inner.scheme !== outer.scheme) return false;
  if (outer.port !== undefined && inner.port !== outer.port) return false;
  const sameHost = inner.host === outer.host && inner.isGlob === outer.isGlob;
  if (!sameHost && !(outer.isGlob && inner.host.endsWith(`.${outer.host}`))) return false;
  return outer.path === '/' || inner.path === outer.path || inner.path.startsWith(`${outer.path}/`);
}
