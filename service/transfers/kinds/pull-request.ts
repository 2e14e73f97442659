import type { RegistryCredential } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { Platform } from '../../formats/oci/platform.js';
import type { Reference } from '../../formats/oci/reference.js';
import type { Download, Verification } from '../../processes/ipc/messages.js';
import type { RequestedImage } from './requested-image.js';

/** What of a download the caller decides: the rest of its order is what the service finds here. */
type RequestedDownload = Pick<
  Download,
  'url' | 'verification' | 'digest' | 'checksumFile' | 'limitRate' | 'resume' | 'netrc'
>;

/** An image that is a file of an artefact in a registry. */
export interface RequestedArtefact {
  readonly reference: Reference;
  /** The title of the file; undefined where there is one alone that can be meant. */
  readonly file: string | undefined;
  readonly platform: Platform;
  /** Secrets. */
  readonly credentials: readonly RegistryCredential[];
  /** How the manifest has to be verified; undefined where the host may choose. */
  readonly verification: Verification | undefined;
}

/** A pull whose parameters have been checked. */
export interface PullRequest {
  readonly image: RequestedImage;
  /** Undefined for what comes from its URL. */
  readonly artefact?: RequestedArtefact | undefined;
  readonly download: RequestedDownload;
  /** The URL without user name and password. */
  readonly remote: string;
  /** OpenPGP keyrings of the caller. */
  readonly keyrings: readonly Buffer[];
  readonly keepDownload: boolean;
  /** The image is to have the name that the server gives. */
  readonly isUnnamed?: boolean;
}
