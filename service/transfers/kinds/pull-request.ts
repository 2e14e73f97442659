import type { ImageClass, ImageFormat, Verification } from '../../processes/ipc/messages.js';

/** A pull whose parameters have been checked. */
export interface PullRequest {
  /** As the caller gave it; may hold a user name and a password. */
  url: string;
  /** Without them. */
  remote: string;
  format: ImageFormat;
  class: ImageClass;
  name: string | null;
  verification: Verification;
  /** OpenPGP keyrings of the caller. */
  keyrings: Buffer[];
  force: boolean;
  readOnly: boolean;
  keepDownload: boolean;
  imageRoot: string;
  /** Bytes of allocated data. */
  sizeMax: number;
  /** Bytes per second. */
  limitRate: number | null;
  /** Whether to go on where a connection broke, and where an earlier pull was interrupted. */
  resume: boolean;
  strict: boolean;
  /** The text of the caller's netrc file, where the service may use it. */
  netrc: string | null;
}
