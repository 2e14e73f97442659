import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../../common/failure.js';
import type { ExportParameters, PushOciParameters } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import { escapeText, firstOf } from '../../varlink/text.js';
import { isRepository, parseReference, type Reference } from '../formats/oci/reference.js';
import { validateImageName } from '../images/layout/names.js';
import { findEntry, noSuchImage } from '../images/manage/images.js';
import type { Host } from '../transfers/host.js';
import type { ExportRequest } from '../transfers/kinds/export.js';
import { registriesOf } from '../transfers/oci/locations.js';
import type { PushRequest } from '../transfers/oci/push-oci.js';
import type { Peer } from './authorize.js';
import { checkCredentials, chooseImageRoot, positive, readNetrc } from './pull-request.js';

type Wish = Pick<ExportParameters, 'class' | 'name' | 'imageRoot' | 'compression'>;

/** The image that is meant. */
function find(host: Host, peer: Peer, { class: imageClass, name: wanted, imageRoot }: Wish) {
  const name = validateImageName(wanted);
  const root = imageRoot ? chooseImageRoot(host, peer, imageClass, imageRoot) : undefined;
  const { scope, environment } = host;
  const entry = findEntry(name, imageClass, { scope, environment, ...(root === undefined ? {} : { root }) });
  if (entry === undefined) throw noSuchImage(name, imageClass, root);
  return { name, entry };
}

/**
 * Checks an export.
 *
 * @throws Failure NoSuchImage when the image does not exist, InvalidName when no image can have that name
 * @throws VarlinkError InvalidParameter, PermissionDenied for an image directory that cannot be given
 */
export function checkExport(
  host: Host,
  peer: Peer,
  parameters: Wish & Pick<ExportParameters, 'format'>,
): ExportRequest {
  const { format, class: imageClass, compression } = parameters;
  const { name, entry } = find(host, peer, parameters);
  return {
    format,
    class: imageClass,
    name,
    path: entry.path,
    imageRoot: dirname(entry.path),
    compression: compression ?? (format === 'oci' ? 'gzip' : 'uncompressed'),
    digest: false,
  };
}

/** Only a tag can be chosen: the digest follows from what is pushed. */
function checkReference(host: Host, text: string): Reference {
  const reference = parseReference(text);
  const shown = escapeText(firstOf(text, 100));
  if (reference.digest !== undefined) {
    const message = `Cannot push to '${shown}': it has a digest, which follows from the image; give a tag, or none for 'latest'`;
    throw new Failure('InvalidUrl', message, { url: shown });
  }
  registriesOf(host, reference);
  return reference;
}

/** What can be the name of a repository. @throws VarlinkError InvalidParameter for what cannot */
function checkRepositories(names: readonly string[] | null | undefined): readonly string[] {
  if (names?.every(isRepository) === false) throw serviceErrors.invalidParameter('mountFrom');
  return names ?? [];
}

/**
 * Checks a push.
 *
 * @throws Failure InvalidUrl when the reference cannot be read or has a digest, or no registry is known for it
 * @throws Failure FileSystemError when the database of registries makes no sense
 * @throws VarlinkError InvalidParameter for impossible counts, credentials or repositories
 * @throws as checkExport()
 */
export function checkPush(host: Host, peer: Peer, parameters: PushOciParameters): PushRequest {
  const reference = checkReference(host, parameters.reference);
  const { entry } = find(host, peer, parameters);
  const isDisk = !statSync(entry.path).isDirectory();
  const exported = checkExport(host, peer, { ...parameters, format: isDisk ? 'raw' : 'oci' });
  return {
    exported: { ...exported, compression: parameters.compression ?? 'gzip', digest: isDisk },
    reference,
    mountFrom: checkRepositories(parameters.mountFrom),
    credentials: checkCredentials(parameters.credentials),
    netrc: readNetrc(host, peer),
    limitRate: positive(parameters.limitRate, 'limitRate'),
    resume: parameters.resume ?? true,
    dryRun: parameters.dryRun ?? false,
  };
}
