import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoWords } from '../../../common/errno.js';
import type { ImageClass } from '../../../common/image-classes.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import {
  close,
  O_PATH,
  openat2,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
} from '../../../linux/files.js';
import { readable } from '../../../varlink/text.js';
import { openUnnoticed } from './open-unnoticed.js';

/** What an image says of the system in it (os-release(5)). */
export interface Release {
  /** The file that says it, as a path inside. */
  releaseFile: string | undefined;
  /** Fields, NAME=VALUE without quotes. */
  release: string[];
  /** Why there is none. */
  releaseProblem: string | undefined;
}

/** Longer files are not read; those of distributions have half a KiB. */
const bytesMax = 16 * 1024;
const fieldsMax = 100;

/** The files that say it, first those that count first. */
export function placesOf(imageClass: ImageClass, name: string): string[] {
  if (imageClass === 'sysext') return [`/usr/lib/extension-release.d/extension-release.${name}`];
  if (imageClass === 'confext') return [`/etc/extension-release.d/extension-release.${name}`];
  return ['/etc/os-release', '/usr/lib/os-release'];
}

export function noRelease(releaseProblem: string): Release {
  return { releaseFile: undefined, release: [], releaseProblem };
}

/** Opens a file beneath a tree. Only regular files: the driver of a device would notice. Links lead nowhere outside, nor to what is mounted. */
export function openInside(root: number, path: string): number | undefined {
  const place = openat2(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
  try {
    if (!fstatSync(place).isFile()) return undefined;
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return openUnnoticed((flag) => openSync(`/proc/self/fd/${place}`, flags | flag));
  } finally {
    close(place);
  }
}

/** The text of a file; undefined for what is too long. */
function readText(descriptor: number): string | undefined {
  const bytes = Buffer.alloc(bytesMax + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < bytes.length; length += count)
    count = readSync(descriptor, bytes, length, bytes.length - length, length);
  return length > bytesMax ? undefined : bytes.toString('utf8', 0, length);
}

/** A value as a shell would read it, which os-release(5) keeps to quotes and backslashes. */
function unquoted(value: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(value) ?? [];
  if (quote === undefined || inner === undefined) return value.replace(/\\(.)/g, '$1');
  return quote === "'" ? inner : inner.replace(/\\(["$`\\])/g, '$1');
}

/** The fields of a release file; lines that are none are left out. */
export function releaseFields(text: string): string[] {
  const fields = text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [`${name}=${unquoted(value)}`];
  });
  return fields.slice(0, fieldsMax).map(readable);
}

function readPlace(root: number, path: string): Release {
  const descriptor = openInside(root, path);
  if (descriptor === undefined) return noRelease(`${path} in it is not a file`);
  try {
    const text = readText(descriptor);
    if (text === undefined) return noRelease(`${path} in it is longer than 16 KiB`);
    return { releaseFile: path, release: releaseFields(text), releaseProblem: undefined };
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with a place; undefined where nothing is there. */
function tryPlace(root: number, path: string): Release | undefined {
  try {
    return readPlace(root, path);
  } catch (error) {
    const name = errnoName(error);
    if (name === undefined) throw error;
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined;
    if (hasCode(error, 'ELOOP')) return noRelease(`${path} in it is a link that leads nowhere`);
    if (hasCode(error, 'EXDEV')) return noRelease(`${path} in it is on another file system`);
    return noRelease(`Cannot read ${path} in it: ${errnoWords(name) ?? name}`);
  }
}

/** A whiteout of overlayfs: a device with number 0 where the layers below have something. */
function isWhiteout(root: number, path: string): boolean {
  try {
    const place = openat2(root, path, O_PATH | constants.O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    try {
      const status = fstatSync(place);
      return status.isCharacterDevice() && status.rdev === 0;
    } finally {
      close(place);
    }
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return false;
  }
}

/** What one file in a layer says; undefined where it is not there, or leads to another layer. */
export function releaseAt(layer: number, path: string): Release | 'removed' | undefined {
  return isWhiteout(layer, path) ? 'removed' : tryPlace(layer, path);
}

/**
 * Reads what a tree says of the system in it, without leaving the tree.
 *
 * @param root the open root of the tree
 */
export function readRelease(root: number, imageClass: ImageClass, name: string): Release {
  const places = placesOf(imageClass, name);
  for (const path of places) {
    const release = tryPlace(root, path);
    if (release !== undefined) return release;
  }
  return noRelease(`It has no ${places.join(' or ')}`);
}
