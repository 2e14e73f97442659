import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, normalize } from 'node:path';
import { Failure } from '../../common/failure.js';
import { imageFileName, imageRootPath } from '../../common/image-classes.js';
import { defaultSizeMax } from '../../common/sizes.js';
import { validateUrl, withoutUserinfo } from '../../common/url.js';
import { serviceErrors } from '../../varlink/error.js';
import { imageNameFromUrl, validateNewName } from '../images/layout/names.js';
import type { ImageClass, ImageFormat, Verification } from '../processes/ipc/messages.js';
import type { Host } from '../transfers/host.js';
import type { PullRequest } from '../transfers/kinds/pull-request.js';
import { isTrusted, type Peer } from './authorize.js';

/** What both interfaces that can pull have in common. */
export interface PullWish {
  url: string;
  format: ImageFormat;
  class: ImageClass;
  name?: string | null;
  pristineOnly?: boolean | null;
  verify?: Verification | null;
  keyrings?: readonly string[] | null;
  force?: boolean | null;
  readOnly?: boolean | null;
  keepDownload?: boolean | null;
  imageRoot?: string | null;
  sizeMax?: number | bigint | null;
  limitRate?: number | bigint | null;
  resume?: boolean | null;
  strict?: boolean | null;
}

/** The directory an image goes to. Only root and the service's own user may choose another than that of the class. */
export function chooseImageRoot(
  host: Host,
  peer: Peer,
  imageClass: ImageClass,
  wanted: string | null | undefined,
): string {
  if (wanted === null || wanted === undefined) {
    const root = imageRootPath(imageClass, host.scope, host.environment);
    if (root !== undefined) return root;
    const message =
      'There is no directory for your images: neither $XDG_STATE_HOME nor $HOME is set to an absolute path';
    throw new Failure('FileSystemError', message, { path: '~/.local/state', errorName: 'ENOENT' });
  }
  const plain = wanted.replace(/(?<=.)\/+$/, '');
  if (!isAbsolute(plain) || normalize(plain) !== plain || plain.includes('\0'))
    throw serviceErrors.invalidParameter('imageRoot');
  if (!isTrusted(peer)) throw serviceErrors.permissionDenied();
  return plain;
}

/** A count that has to be above zero where it is given. Throws VarlinkError InvalidParameter. */
export function positive(value: number | bigint | null | undefined, parameter: string): number | null {
  if (value === null || value === undefined) return null;
  if (value <= 0) throw serviceErrors.invalidParameter(parameter);
  return Number(value);
}

function readNetrc(host: Host, peer: Peer): string | null {
  if (peer.uid !== process.getuid?.()) return null;
  try {
    return readFileSync(host.environment['NETRC'] ?? `${homedir()}/.netrc`, 'utf8');
  } catch {
    return null;
  }
}

function chooseName(wish: PullWish): string | null {
  if (wish.pristineOnly === true) {
    if (wish.name !== null && wish.name !== undefined) throw serviceErrors.invalidParameter('name');
    return null;
  }
  const name = wish.name ?? imageNameFromUrl(wish.url, wish.format);
  return validateNewName(name, wish.class, imageFileName(name, wish.format));
}

/**
 * Checks what a caller wants to pull. Throws Failure InvalidUrl or InvalidName, and VarlinkError InvalidParameter or
 * PermissionDenied.
 */
export function checkPull(host: Host, peer: Peer, wish: PullWish): PullRequest {
  validateUrl(wish.url);
  if (wish.url.startsWith('file:') && !isTrusted(peer)) throw serviceErrors.permissionDenied();
  const name = chooseName(wish);
  return {
    url: wish.url,
    remote: withoutUserinfo(wish.url),
    format: wish.format,
    class: wish.class,
    name,
    verification: wish.verify ?? 'signature',
    keyrings: (wish.keyrings ?? []).map((text) => Buffer.from(text, 'base64')),
    force: wish.force ?? false,
    readOnly: wish.readOnly ?? false,
    keepDownload: name === null ? true : (wish.keepDownload ?? wish.class === 'machine'),
    imageRoot: chooseImageRoot(host, peer, wish.class, wish.imageRoot),
    sizeMax: positive(wish.sizeMax, 'sizeMax') ?? defaultSizeMax,
    limitRate: positive(wish.limitRate, 'limitRate'),
    resume: wish.resume ?? true,
    strict: wish.strict ?? false,
    netrc: readNetrc(host, peer),
  };
}
