import { defaultSizeMax } from '../../common/sizes.js';
import type {
  PullOciParameters,
  ResolveReferenceReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { parsePlatform } from '../formats/oci/platform.js';
import { parseReference, type Reference } from '../formats/oci/reference.js';
import { validateNewName } from '../images/layout/names.js';
import type { Host } from '../transfers/host.js';
import { defaultLayout } from '../transfers/oci/layout.js';
import { registriesOf } from '../transfers/oci/locations.js';
import { ociFileName } from '../transfers/oci/pull-oci.js';
import type { OciRequest } from '../transfers/oci/request.js';
import type { Peer } from './authorize.js';
import { checkCredentials, chooseImageRoot, positive, readNetrc } from './pull-request.js';

/** What both interfaces that can pull container images have in common. */
type OciWish = Omit<PullOciParameters, 'allowInteractiveAuthentication'>;

/** The name of an image that is given none: the last component of its reference. */
function nameOf({ image }: Reference): string {
  return image.slice(image.lastIndexOf('/') + 1);
}

/**
 * Says where a container image is looked for.
 *
 * @throws Failure InvalidUrl when the reference cannot be read, or no registry is known for it
 * @throws Failure FileSystemError when the database of registries makes no sense
 */
export function locate(host: Host, text: string): ResolveReferenceReply {
  const reference = parseReference(text);
  const places = registriesOf(host, reference);
  return {
    locations: places.map(({ registry, repository }) => ({ registry, repository })),
    name: nameOf(reference),
  };
}

/**
 * Checks a pull of a container image. What is given back finds out the rest.
 *
 * @throws Failure InvalidUrl when the reference or the platform cannot be read, or no registry is known for it
 * @throws Failure InvalidName when no image can have the name
 * @throws Failure FileSystemError ENOENT when the user has no directory for images
 * @throws VarlinkError InvalidParameter for impossible counts, credentials or an impossible image directory
 * @throws VarlinkError PermissionDenied when an untrusted caller gives an image directory
 */
export function checkPullOci(host: Host, peer: Peer, wish: OciWish): () => Promise<OciRequest> {
  const { class: imageClass } = wish;
  const reference = parseReference(wish.reference);
  registriesOf(host, reference);
  const imageRoot = chooseImageRoot(host, peer, imageClass, wish.imageRoot);
  const name = wish.name ?? nameOf(reference);
  validateNewName(name, imageClass, ociFileName(name, wish.layout ?? 'tree'));
  const request = {
    image: {
      format: 'tar',
      class: imageClass,
      imageRoot,
      name,
      force: wish.force ?? false,
      readOnly: wish.readOnly ?? false,
      sizeMax: positive(wish.sizeMax, 'sizeMax') ?? defaultSizeMax,
      strict: wish.strict ?? false,
    },
    reference,
    remote: wish.reference,
    platform: parsePlatform(wish.platform ?? undefined),
    credentials: checkCredentials(wish.credentials),
    netrc: readNetrc(host, peer),
    verification: wish.verify ?? undefined,
    keyrings: (wish.keyrings ?? []).map((text) => Buffer.from(text, 'base64')),
    limitRate: positive(wish.limitRate, 'limitRate'),
    resume: wish.resume ?? true,
  } as const;
  return async () => ({ ...request, layout: wish.layout ?? (await defaultLayout(imageRoot)) });
}
