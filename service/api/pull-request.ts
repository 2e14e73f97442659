import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, normalize } from 'node:path';
import { readDigest, splitDigest } from '../../common/digest.js';
import { Failure } from '../../common/failure.js';
import { imageFileName, imageRootPath } from '../../common/image-classes.js';
import { defaultSizeMax } from '../../common/sizes.js';
import { checksumFileProblem, displayUrl, readArtefactUrl, validateUrl, withoutUserinfo } from '../../common/url.js';
import type { PullParameters, RegistryCredential } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import { parsePlatform } from '../formats/oci/platform.js';
import { parseReference } from '../formats/oci/reference.js';
import { validateNewName } from '../images/layout/names.js';
import { nameFromUrl } from '../images/layout/url-names.js';
import type { ImageClass } from '../processes/ipc/messages.js';
import type { Host } from '../transfers/host.js';
import type { PullRequest } from '../transfers/kinds/pull-request.js';
import { registriesOf } from '../transfers/oci/locations.js';
import { isTrusted, type Peer } from './authorize.js';

/** What both interfaces that can pull have in common. */
export type PullWish = Omit<PullParameters, 'allowInteractiveAuthentication'>;

/** The directory an image goes to. Only root and the service's own user may choose another than that of the class. */
export function chooseImageRoot(
  host: Host,
  peer: Peer,
  imageClass: ImageClass,
  wanted: string | null | undefined,
): string {
  if (wanted == null) {
    const root = imageRootPath(imageClass, host.scope, host.environment);
    if (root !== undefined) return root;
    const message =
      'Cannot find a directory for your images: neither $XDG_STATE_HOME nor $HOME is set to an absolute path';
    throw new Failure('FileSystemError', message, { path: '~/.local/state', errorName: 'ENOENT' });
  }
  const plain = wanted.replace(/(?<=.)\/+$/, '');
  if (!isAbsolute(plain) || normalize(plain) !== plain || plain.includes('\0'))
    throw serviceErrors.invalidParameter('imageRoot');
  if (!isTrusted(peer)) throw serviceErrors.permissionDenied();
  return plain;
}

/**
 * A count that has to be above zero where it is given.
 *
 * @throws VarlinkError InvalidParameter when it is not
 */
export function positive(value: number | bigint | null | undefined, parameter: string): number | undefined {
  if (value == null) return undefined;
  if (value <= 0) throw serviceErrors.invalidParameter(parameter);
  // More than a number can count is as good as no bound.
  return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

/**
 * A user name goes with a password; no more is known of what a registry wants.
 *
 * @throws VarlinkError InvalidParameter where one is without the other
 */
export function checkCredentials(credentials: readonly RegistryCredential[] | null | undefined): RegistryCredential[] {
  const given = [...(credentials ?? [])];
  if (given.some(({ user, password }) => (user == null) !== (password == null)))
    throw serviceErrors.invalidParameter('credentials');
  return given;
}

/** The text of the caller's netrc file, if the service runs as the caller; undefined if the file does not exist. */
export function readNetrc(host: Host, peer: Peer): string | undefined {
  if (peer.uid !== process.getuid?.()) return undefined;
  try {
    return readFileSync(host.environment['NETRC'] ?? `${homedir()}/.netrc`, 'utf8');
  } catch {
    return undefined;
  }
}

/** Undefined if no image is placed, or the server names it. */
function chooseName(wish: PullWish): string | undefined {
  if (wish.pristineOnly === true) {
    if (wish.name != null) throw serviceErrors.invalidParameter('name');
    return undefined;
  }
  const isArtefact = readArtefactUrl(wish.url) !== undefined;
  const name = wish.name ?? (isArtefact ? undefined : nameFromUrl(wish.url, wish.format));
  return name === undefined ? undefined : validateNewName(name, wish.class, imageFileName(name, wish.format));
}

/**
 * What stands behind an artefact's URL; undefined for every other URL. The registry says what the file must be: nothing else does.
 *
 * @throws as checkPull()
 */
function checkArtefact(host: Host, wish: PullWish): PullRequest['artefact'] {
  const { credentials, platform, digest, checksumFile, keyrings } = wish;
  const source = readArtefactUrl(wish.url);
  if (source === undefined) {
    if (credentials != null) throw serviceErrors.invalidParameter('credentials');
    if (platform != null) throw serviceErrors.invalidParameter('platform');
    return undefined;
  }
  const reference = parseReference(source.reference);
  registriesOf(host, reference);
  for (const [name, value] of Object.entries({ digest, checksumFile, keyrings }))
    if (value != null && value.length > 0) throw serviceErrors.invalidParameter(name);
  return {
    reference,
    file: source.file,
    platform: parsePlatform(platform ?? undefined),
    credentials: checkCredentials(credentials),
    verification: wish.verify ?? undefined,
  };
}

/** The URL, without the digest in its fragment, and the digest that the image must have. */
function checkLocation(peer: Peer, wish: PullWish): { url: string; digest: string | undefined } {
  validateUrl(wish.url);
  const given = wish.digest == null ? undefined : readDigest(wish.digest);
  if (given !== undefined && 'problem' in given) throw serviceErrors.invalidParameter('digest');
  const split = splitDigest(wish.url, given?.digest);
  if ('problem' in split) throw new Failure('InvalidUrl', split.problem, { url: displayUrl(wish.url) });
  if (split.url.startsWith('file:') && !isTrusted(peer)) throw serviceErrors.permissionDenied();
  return split;
}

/** The checksum file that the caller names; no list is looked for where nothing is verified. Who may not give a file: URL cannot name one here. */
function checkChecksumFile({ checksumFile, url, verify }: PullWish): string | undefined {
  if (checksumFile == null) return undefined;
  if (verify === 'no' || checksumFileProblem(checksumFile, url) !== undefined)
    throw serviceErrors.invalidParameter('checksumFile');
  return checksumFile;
}

/**
 * Checks what a caller wants to pull.
 *
 * @throws Failure InvalidUrl when nothing can be pulled from the URL, or its fragment has a digest that cannot be read, or another one
 *   than `digest`
 * @throws Failure InvalidName when no image can have the name, or the URL gives none
 * @throws Failure FileSystemError ENOENT when the user has no directory for images
 * @throws VarlinkError InvalidParameter for an impossible count, digest, checksum file, credential or image directory, a name with
 *   `pristineOnly`, and what is for artefacts alone, or never for them
 * @throws VarlinkError PermissionDenied when an untrusted caller gives a file: URL or an image directory
 */
export function checkPull(host: Host, peer: Peer, wish: PullWish): PullRequest {
  const artefact = checkArtefact(host, wish);
  const { url, digest } = artefact === undefined ? checkLocation(peer, wish) : { url: wish.url, digest: undefined };
  const { format, class: imageClass } = wish;
  const name = chooseName({ ...wish, url });
  return {
    ...(artefact && { artefact }),
    image: {
      format,
      class: imageClass,
      imageRoot: chooseImageRoot(host, peer, imageClass, wish.imageRoot),
      name,
      force: wish.force ?? false,
      readOnly: wish.readOnly ?? false,
      sizeMax: positive(wish.sizeMax, 'sizeMax') ?? defaultSizeMax,
      strict: wish.strict ?? false,
    },
    download: {
      url,
      verification: wish.verify ?? (artefact === undefined ? 'signature' : 'checksum'),
      digest,
      checksumFile: artefact === undefined ? checkChecksumFile(wish) : undefined,
      limitRate: positive(wish.limitRate, 'limitRate'),
      resume: wish.resume ?? true,
      netrc: readNetrc(host, peer),
    },
    remote: withoutUserinfo(url),
    keyrings: (wish.keyrings ?? []).map((text) => Buffer.from(text, 'base64')),
    keepDownload: wish.pristineOnly === true || (wish.keepDownload ?? imageClass === 'machine'),
    isUnnamed: name === undefined && wish.pristineOnly !== true,
  };
}
