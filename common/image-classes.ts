import { join } from 'node:path';
import type { Environment } from './environment.js';

/** The image classes, in the order of systemd's own lists. */
export const imageClasses = ['machine', 'portable', 'sysext', 'confext'] as const;
export type ImageClass = (typeof imageClasses)[number];

/** How an image is kept: `raw` in a file, `tar` as a directory tree (a subvolume where the file system has them). */
export type ImageFormat = 'tar' | 'raw';

/** Whose images: those of the host, or those of one user. */
export type Scope = 'system' | 'user';

const directoryNames: Record<ImageClass, string> = {
  machine: 'machines',
  portable: 'portables',
  sysext: 'extensions',
  confext: 'confexts',
};

/** In the order of systemd's own search; the first directory that has a name hides it in the later ones. */
const systemSearchPaths: Record<ImageClass, readonly string[]> = {
  machine: [
    '/etc/machines',
    '/run/machines',
    '/var/lib/machines',
    '/var/lib/container',
    '/usr/local/lib/machines',
    '/usr/lib/machines',
  ],
  portable: [
    '/etc/portables',
    '/run/portables',
    '/var/lib/portables',
    '/usr/local/lib/portables',
    '/usr/lib/portables',
  ],
  sysext: ['/etc/extensions', '/run/extensions', '/var/lib/extensions'],
  confext: ['/run/confexts', '/var/lib/confexts', '/usr/local/lib/confexts', '/usr/lib/confexts'],
};

/** A directory of the XDG Base Directory specification, which has relative values ignored. */
function baseDirectory(environment: Environment, variable: string, ...fallback: string[]): string | undefined {
  const value = environment[variable];
  if (value?.startsWith('/')) return value;
  const home = environment['HOME'];
  return fallback.length > 0 && home?.startsWith('/') ? join(home, ...fallback) : undefined;
}

/**
 * The directory that new images of a class go to. In user scope there is one for each class, below `$XDG_STATE_HOME`
 * (systemd puts all classes into `machines` there). Null for a user who has neither that variable nor a home.
 */
export function imageRootPath(imageClass: ImageClass, scope: 'system'): string;
export function imageRootPath(imageClass: ImageClass, scope: Scope, environment: Environment): string | undefined;
export function imageRootPath(imageClass: ImageClass, scope: Scope, environment: Environment = {}): string | undefined {
  if (scope === 'system') return `/var/lib/${directoryNames[imageClass]}`;
  return userStatePath(directoryNames[imageClass], environment);
}

/** A name below `$XDG_STATE_HOME`; undefined for a user who has neither that variable nor a home. */
export function userStatePath(name: string, environment: Environment): string | undefined {
  const state = baseDirectory(environment, 'XDG_STATE_HOME', '.local', 'state');
  return state === undefined ? undefined : join(state, name);
}

/**
 * The directories that are searched for images of a class, the first match of a name counts. In user scope
 * systemd searches for machines and portables only; Ferry also finds the extensions it placed there itself.
 */
export function searchPaths(imageClass: ImageClass, scope: Scope, environment: Environment): string[] {
  if (scope === 'system') return [...systemSearchPaths[imageClass]];
  const name = directoryNames[imageClass];
  const bases = [
    baseDirectory(environment, 'XDG_RUNTIME_DIR'),
    baseDirectory(environment, 'XDG_STATE_HOME', '.local', 'state'),
    baseDirectory({ HOME: environment['HOME'] }, '', '.local', 'lib'),
  ];
  return bases.filter((base) => base !== undefined).map((base) => join(base, name));
}

/** The suffix that an image of a class may carry before its format suffix: `NAME.sysext.raw`, `NAME.confext/`. */
export function classSuffix(imageClass: ImageClass): string {
  return imageClass === 'sysext' || imageClass === 'confext' ? `.${imageClass}` : '';
}

/** The file name of an image as Ferry places it: `NAME.raw`, or `NAME` for a tree. */
export function imageFileName(name: string, format: ImageFormat): string {
  return format === 'raw' ? `${name}.raw` : name;
}

/**
 * The file names under which an image of this name may be found in one directory, in systemd's order
 * (the class's own suffix first, and every one also as a versioned `.v` directory).
 */
export function candidateFileNames(name: string, imageClass: ImageClass): string[] {
  const own = classSuffix(imageClass);
  const bare = own === '' ? [''] : [own, ''];
  const plain = ['', '.raw', '.mstack'].flatMap((format) => bare.map((suffix) => `${name}${suffix}${format}`));
  return [...plain, ...plain.map((fileName) => `${fileName}.v`)];
}
