import { type ArtefactUrl, readArtefactUrl } from '../../common/url.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { PullParameters } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { present } from '../transfer/parameters.js';
import { credentialsFor } from './credentials.js';

/**
 * What a pull says of an artefact in a registry, beside its URL; undefined for other URLs.
 *
 * @throws UsageError for options that mean nothing for the URL
 * @throws UserError if a file with logins cannot be read, or a program that has them fails
 */
export async function artefactParameters(
  url: string,
  session: Session,
): Promise<Pick<PullParameters, 'credentials' | 'platform'> | undefined> {
  const { settings } = session;
  const source = readArtefactUrl(url);
  if (source === undefined) {
    refuseOptions(url, { platform: settings.platform, authfile: settings.authfile }, 'it is for oci:// URLs alone');
    return undefined;
  }
  const reason = `a registry says what a file must be; name the digest of its manifest, as in oci://IMAGE@DIGEST`;
  const keyring = settings.keyring[0];
  refuseOptions(url, { digest: settings.digest, 'checksum-file': settings.checksumFile, keyring }, reason);
  const credentials = await loginsFor(source, session);
  return present({ platform: settings.platform, credentials: credentials.length > 0 ? credentials : undefined });
}

function refuseOptions(url: string, options: Readonly<Record<string, string | undefined>>, reason: string): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined) throw new UsageError(`Cannot use --${name}= with '${url}': ${reason}.`);
}

/** The service says which registries it is going to ask; only their logins are read and sent. */
async function loginsFor({ reference }: ArtefactUrl, session: Session) {
  const connection = await session.connectForChange();
  const { locations } = await attempt('pull the image', () => connection.transfer.resolveReference({ reference }));
  return await credentialsFor(locations, session);
}
