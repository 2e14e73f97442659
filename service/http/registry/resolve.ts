import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { type ArtefactFile, artefactFile, isContainerImage } from '../../formats/oci/artefact.js';
import { type WithDiffId, withDiffIds } from '../../formats/oci/diff-ids.js';
import { Document } from '../../formats/oci/document.js';
import { configMax } from '../../formats/oci/limits.js';
import { type Descriptor, imageLayer, type Layer } from '../../formats/oci/manifest.js';
import { type Platform, printPlatform, suitable } from '../../formats/oci/platform.js';
import type { RegistryAccess } from './access.js';
import { inTurn, NoPlatform, Resolution, type ResolveRequest } from './resolution.js';

/** What a reference stands for. Every digest and size but those of the layers is checked. */
export interface ResolvedImage {
  /** Which location has it. */
  readonly location: number;
  readonly manifestDigest: string;
  /** Of what the reference itself names, where that is an index. */
  readonly indexDigest: string | undefined;
  /** JSON */
  readonly config: string;
  /** Lowest first. */
  readonly layers: readonly WithDiffId<Layer>[];
  /** Fingerprints of the keys whose signatures counted. */
  readonly signers: string[];
  /** A token that the registry takes. */
  readonly token: string | undefined;
}

/** What a reference to an artefact stands for. Every digest and size but those of the files is checked. */
export interface ResolvedArtefact extends Pick<ResolvedImage, 'location' | 'manifestDigest' | 'signers' | 'token'> {
  readonly files: readonly ArtefactFile[];
}

/**
 * Finds out what a reference stands for, from the first location that says.
 *
 * @throws Failure DownloadFailed when none does, VerificationFailed for other bytes than a digest stands for, Corrupt and
 * UnsupportedFormat for manifests that cannot be used, Cancelled when the signal is raised: each about the last location
 */
export async function resolveImage(request: ResolveRequest): Promise<ResolvedImage> {
  return await inTurn(request, async (access) => {
    const resolution = new Resolution(request, access, imageLayer);
    return await resolution.run(async ({ content, digest, indexDigest, signers }) => {
      const config = await configOf(resolution, content.config);
      checkPlatform(request, resolution.subject(), config);
      const layers = withDiffIds(content.layers, config, `the configuration of ${resolution.subject()}`);
      return { manifestDigest: digest, indexDigest, config, layers, signers, token: resolution.token };
    });
  });
}

/**
 * The same for an artefact, whose configuration says nothing.
 *
 * @throws as resolveImage(); Failure UnsupportedFormat for a container image
 */
export async function resolveArtefact(request: ResolveRequest): Promise<ResolvedArtefact> {
  return await inTurn(request, async (access: RegistryAccess) => {
    const resolution = new Resolution(request, access, artefactFile);
    return await resolution.run(async ({ content, digest, signers }) => {
      if (isContainerImage(content)) throw containerImage(resolution.subject());
      return { manifestDigest: digest, files: content.layers, signers, token: resolution.token };
    });
  });
}

async function configOf(resolution: Resolution<Layer>, descriptor: Descriptor): Promise<string> {
  const subject = `the configuration of ${resolution.subject()}`;
  const bytes = await resolution.content(descriptor, 'blobs', configMax, subject);
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  throw new Failure('Corrupt', `Cannot use ${subject}: it is not UTF-8`, { what: subject, offset: undefined });
}

/** An image that is not in an index, or whose entry there is silent, says in its configuration what it is for. */
function checkPlatform({ platform, onWarning }: ResolveRequest, subject: string, config: string): void {
  const document = Document.parse(Buffer.from(config), `the configuration of ${subject}`);
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((name) => document.text(name) || undefined);
  const offered: Platform = { os: os ?? '', architecture: architecture ?? '', variant };
  if (suitable([{ platform: offered }], platform).length > 0) return;
  if (offered.os !== '' && offered.os !== platform.os) throw new NoPlatform(subject, platform, [offered]);
  const [found, wanted] = [printPlatform(offered), printPlatform(platform)];
  onWarning(`${subject} is for ${escapeText(found)}, and may not run on ${wanted}`);
}

function containerImage(subject: string): Failure {
  const message = `Cannot use ${subject}: it is a container image, and not a file; pull it with pull-oci`;
  return new Failure('UnsupportedFormat', message, { needed: 'a container image', allowed: 'an artefact' });
}
