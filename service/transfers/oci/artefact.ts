import { imageFileName } from '../../../common/image-classes.js';
import { priorities } from '../../../common/log/log.js';
import { escapeText } from '../../../varlink/text.js';
import { chooseFile } from '../../formats/oci/artefact.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import { validateNewName } from '../../images/layout/names.js';
import { nameFromServer } from '../../images/layout/url-names.js';
import { findPristine } from '../../images/pristine/cache.js';
import { hasDigest } from '../../processes/ipc/download.js';
import type { Download, RegistryAccess } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { type PullPlan, planDownload } from '../kinds/plan-pull.js';
import { asCached, isExactEnough, runDownload } from '../kinds/pull.js';
import type { PullRequest, RequestedArtefact } from '../kinds/pull-request.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { fromEach } from './in-turn.js';
import { type FoundArtefact, lookUpArtefact, resolveArtefact, type Sought } from './resolve.js';

/** A pull of a file of an artefact. */
export type ArtefactRequest = PullRequest & { readonly artefact: RequestedArtefact };

type File = FoundArtefact['resolved']['files'][number];

/** Whether what is pulled is in a registry. */
export function isOfArtefact(request: PullRequest): request is ArtefactRequest {
  return request.artefact !== undefined;
}

function soughtBy({ artefact, download }: ArtefactRequest): Sought {
  return { ...artefact, netrc: download.netrc, keyrings: [] };
}

function fileIn({ resolved }: FoundArtefact, { artefact, image, remote }: ArtefactRequest): File {
  return chooseFile(resolved.files, { format: image.format, title: artefact.file }, escapeText(remote));
}

/** A file, and who has signed the manifest that names it. */
interface FileOfArtefact {
  readonly file: File;
  readonly signers: readonly string[];
}

/** How the file is verified by the digest in its manifest. */
function waysOf({ reference }: RequestedArtefact, signers: readonly string[]): Download['digestCountsAs'] {
  if (signers.length > 0) return 'signature';
  return reference.digest === undefined ? 'checksum' : undefined;
}

/** The order for the fetch process. The digest is from the manifest, for which the registry, or the caller's digest, vouches. */
function describeFile(
  host: Host,
  request: ArtefactRequest,
  { file, signers }: FileOfArtefact,
  registry: RegistryAccess,
): Download {
  const { download, image, remote, artefact } = request;
  const { imageRoot, format } = image;
  const originals = failOn(imageRoot, () => findPristine(imageRoot, format, remote));
  const isCurrent = (original: (typeof originals)[number]) =>
    hasDigest(original.record, file.digest) && isExactEnough(original, image);
  return {
    ...download,
    url: `${registry.base}${registry.repository}/blobs/${file.digest}`,
    format,
    verification: 'no',
    digest: file.digest,
    digestCountsAs: waysOf(artefact, signers),
    digestSignedBy: signers[0],
    registry,
    bytes: file.bytes,
    netrc: undefined,
    keyrings: [],
    trust: undefined,
    cached: originals.filter(isCurrent).map(asCached),
    sidecars: [],
    partial: undefined,
    files: undefined,
    credentials: [],
    environment: networkEnvironment(host),
  };
}

/**
 * Finds out which file the reference stands for, downloads it, and makes an image of it, as runPull() does.
 *
 * @throws Failure UnsupportedFormat when it is a container image, or has several files that can be meant
 * @throws Failure VerificationFailed when a demanded signature is missing, or a digest is wrong
 * @throws as runPull()
 */
export async function runPullArtefact(host: Host, request: ArtefactRequest, running: RunningTransfer): Promise<Result> {
  const { transfer } = running;
  transfer.enter('starting');
  ensureAvailable(request.image, host);
  const found = await resolveArtefact(host, soughtBy(request), request.image.imageRoot, running);
  const file = fileIn(found, request);
  const { manifestDigest, signers } = found.resolved;
  const get = (registry: RegistryAccess) =>
    runDownload(host, request, describeFile(host, request, { file, signers }, registry), running, file.title);
  const result = await fromEach(found, get, (message) => transfer.say(priorities.notice, message));
  return { ...result, manifestDigest };
}

/**
 * What runPullArtefact() would do.
 *
 * @throws as planDownload(), and lookUpArtefact()
 */
export async function planArtefact(host: Host, request: ArtefactRequest, signal: AbortSignal): Promise<PullPlan> {
  const found = await lookUpArtefact(host, soughtBy(request), signal);
  const file = fileIn(found, request);
  const { signers } = found.resolved;
  const plan = (registry: RegistryAccess) => {
    const wanted = describeFile(host, request, { file, signers }, registry);
    return planDownload(host, request, { wanted, entry: undefined, obstacles: [] }, signal);
  };
  const planned = await fromEach(found, plan, (message) => host.log.debug(`plan: ${message}`));
  return { ...planned, demandedBy: found.demands.sources };
}

/**
 * The name of an image that is given none: that of its file, or the last component of the reference.
 *
 * @throws Failure InvalidName when no image can have it
 * @throws as lookUpArtefact()
 */
export async function nameOfArtefact(host: Host, request: ArtefactRequest, signal: AbortSignal): Promise<string> {
  const { artefact, image } = request;
  const { title } = fileIn(await lookUpArtefact(host, soughtBy(request), signal), request);
  const repository = artefact.reference.image;
  const name = title === undefined ? repository.replace(/^.*\//, '') : nameFromServer(title, image.format);
  return validateNewName(name, image.class, imageFileName(name, image.format));
}
