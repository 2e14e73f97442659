import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { stripRawSuffixes, stripTarSuffix } from '../../../common/suffixes.js';
import { lastComponent, siblingUrl } from '../../../common/url.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { firstPullFileDescriptor } from '../../processes/ipc/channel.js';
import type { Download } from '../../processes/ipc/messages.js';
import { mayProve } from '../../verify/search/candidates.js';
import { OwnedDescriptors } from '../owned-descriptors.js';

/** Files for a fetch process, which could not open them itself. */
export interface SourceFiles {
  descriptors: OwnedDescriptors;
  /** Descriptor numbers as the fetch process has them, by name, and those that are named as checksum files by URL; undefined for other URLs. */
  byName: Record<string, number> | undefined;
}

/** More files than this are never checksums, signatures and sidecars of one image. */
const fileLimit = 64;

/** Whether a file beside an image may be its checksum file, signature or sidecar. */
function mayBelong(name: string, image: string): boolean {
  const stems = [image, stripTarSuffix(image), stripRawSuffixes(image)];
  return mayProve(name, image) || stems.some((stem) => name.startsWith(`${stem}.`));
}

/** Why a path may lead to no file that can be read, whoever asks: none is there, it is of another kind, or not for us. */
const unreadable = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EPERM', 'ENXIO', 'ENODEV'] as const;

/** The names in a directory; none where it may be entered, but not listed. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, ...unreadable)) return [];
    throw error;
  }
}

function openRegular(path: string): number | undefined {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    if (hasCode(error, ...unreadable)) return undefined;
    throw error;
  }
}

/** Why openRegular() opens nothing. */
function whyUnreadable(path: string): string {
  try {
    const status = lstatSync(path);
    if (status.isSymbolicLink()) return 'it is a symbolic link; give the URL of what it leads to';
    if (status.isDirectory()) return 'it is a directory; use import-fs';
    return status.isFile() ? 'permission denied' : 'it is not a regular file; use import-tar or import-raw';
  } catch (error) {
    if (!hasCode(error, ...unreadable)) throw error;
    return errnoWords(error) ?? String(errnoName(error));
  }
}

/** What files are opened for. */
type Wanted = Pick<Download, 'url'> & Partial<Pick<Download, 'checksumFile' | 'trust'>>;

/** Opens files as long as there are not too many of them. */
class SourceOpener implements Disposable {
  readonly #opened = new OwnedDescriptors();
  readonly byName: Record<string, number> = {};

  adopt(descriptor: number, key: string): void {
    this.byName[key] = firstPullFileDescriptor + this.#opened.numbers.length;
    this.#opened.add(descriptor);
  }

  /** Leaves out what is not a regular file and what may not be read. */
  open(directory: string, name: string, key: string): void {
    if (this.#opened.numbers.length >= fileLimit) return;
    const path = join(directory, name);
    const descriptor = failOn(path, () => openRegular(path));
    if (descriptor !== undefined) this.adopt(descriptor, key);
  }

  finish(): SourceFiles {
    return { descriptors: this.#opened.move(), byName: this.byName };
  }

  [Symbol.dispose](): void {
    this.#opened[Symbol.dispose]();
  }
}

/** The checksum files that the caller or the trust entry names, by URL. */
function namedLists({ url, checksumFile, trust }: Wanted): string[] {
  const ofEntry = (trust?.checksumFiles ?? []).map((pattern) => pattern.replaceAll('%f', lastComponent(url) ?? ''));
  const named = checksumFile === undefined ? ofEntry : [checksumFile];
  return named.map((name) => (/^file:/i.test(name) ? name : siblingUrl(url, name)));
}

/** Opens a checksum file, and its signatures. */
function openChecksumFile(url: string, opener: SourceOpener): void {
  const path = decodeURIComponent(new URL(url).pathname);
  const directory = dirname(path);
  const name = basename(path);
  const signatures = failOn(directory, () => namesIn(directory)).filter((entry) => entry.startsWith(`${name}.`));
  for (const entry of [name, ...signatures])
    opener.open(directory, entry, siblingUrl(url, `${lastComponent(url)}${entry.slice(name.length)}`));
}

/**
 * Opens the image of a file: URL, what may belong to it, and the checksum files that the caller or its trust entry names, if any.
 *
 * @throws Failure DownloadFailed when there is no such regular file, or it may not be read
 * @throws Failure FileSystemError when it, its directory, or what may belong to it cannot be read for another reason
 */
export function openSourceFiles(wanted: Wanted): SourceFiles {
  const { url } = wanted;
  if (!url.startsWith('file:')) return { descriptors: new OwnedDescriptors(), byName: undefined };
  const path = decodeURIComponent(new URL(url).pathname);
  const image = lastComponent(url) ?? '';
  const main = failOn(path, () => openRegular(path));
  if (main === undefined) {
    const message = `Cannot read ${escapeText(path)}: ${failOn(path, () => whyUnreadable(path))}`;
    throw new Failure('DownloadFailed', message, { url });
  }
  using opener = new SourceOpener();
  opener.adopt(main, image);
  for (const list of namedLists(wanted)) openChecksumFile(list, opener);
  const directory = dirname(path);
  const names = failOn(directory, () => namesIn(directory));
  for (const name of names.filter((entry) => mayBelong(entry, image) && entry !== image))
    opener.open(directory, name, name);
  return opener.finish();
}
