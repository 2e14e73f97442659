import type { Download } from '../../processes/ipc/messages.js';
import type { RequestedImage } from './requested-image.js';

/** What of a download the caller decides: the rest of its order is what the service finds here. */
type RequestedDownload = Pick<
  Download,
  'url' | 'verification' | 'digest' | 'checksumFile' | 'limitRate' | 'resume' | 'netrc'
>;

/** A pull whose parameters have been checked. */
export interface PullRequest {
  readonly image: RequestedImage;
  readonly download: RequestedDownload;
  /** The URL without user name and password. */
  readonly remote: string;
  /** OpenPGP keyrings of the caller. */
  readonly keyrings: readonly Buffer[];
  readonly keepDownload: boolean;
  /** The image is to have the name that the server gives. */
  readonly isUnnamed?: boolean;
}
