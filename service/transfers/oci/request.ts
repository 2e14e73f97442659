import type { OciLayout, RegistryCredential } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { Platform } from '../../formats/oci/platform.js';
import type { Reference } from '../../formats/oci/reference.js';
import type { Verification } from '../../verify/proof.js';

import type { RequestedImage } from '../kinds/requested-image.js';

/** A pull of a container image whose parameters have been checked. */
export interface OciRequest {
  readonly image: RequestedImage & { readonly name: string };
  readonly reference: Reference;
  /** As the caller gave it. */
  readonly remote: string;
  readonly layout: OciLayout;
  readonly platform: Platform;
  /** Secrets. */
  readonly credentials: readonly RegistryCredential[];
  /** The text of the caller's netrc file, where the service may use it. */
  readonly netrc: string | undefined;
  /** How the image has to be verified; undefined where the host may choose. */
  readonly verification: Verification | undefined;
  /** Keys of the caller. */
  readonly keyrings: readonly Buffer[];
  /** Bytes per second, of all layers together. */
  readonly limitRate: number | undefined;
  readonly resume: boolean;
}
