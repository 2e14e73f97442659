import type { Result } from 'neverthrow';
import type { Failure } from '../failure.js';
import type { Keyring, Signer } from './signature.js';

export type Verification = 'no' | 'checksum' | 'signature';
export type DigestAlgorithm = 'sha256' | 'sha512';

/** Lower-case hexadecimal digests of the bytes as transferred. */
export type Digests = { readonly [algorithm in DigestAlgorithm]?: string };

export interface ProofRequest {
  /** The URL that the user gave (checksum files lie beside it, whatever it redirects to). */
  readonly url: string;
  readonly verification: Verification;
  readonly keyrings: readonly Keyring[];
  /** Fetches a small file; null if the server has none. Throws DownloadFailed. */
  readonly fetchSmall: (url: string, limitBytes: number) => Promise<Buffer | null>;
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

/** What a download is held against. */
export interface Proof {
  readonly verification: Verification;
  /** What has to be computed of the image; of other files both. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Lower-case hexadecimal, of the image; null with verification "no". */
  readonly expected: { readonly algorithm: DigestAlgorithm; readonly digest: string; readonly listedIn: string } | null;
  readonly signedBy: Signer | null;
  /** Holds a file against what is listed for it; for a sidecar this may fetch its own checksum file. */
  check(fileName: string, digests: Digests): Promise<Result<void, Failure>>;
  checkBytes(fileName: string, bytes: Buffer): Promise<Result<void, Failure>>;
}

/** Finds out what the image must be. Throws VerificationFailed, or what `fetchSmall` throws. */
export async function gatherProof(request: ProofRequest): Promise<Proof> {
  throw new Error(`not yet: ${request.url}`);
}
