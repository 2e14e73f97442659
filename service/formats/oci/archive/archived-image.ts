import { escapeText, firstOf } from '../../../../varlink/text.js';
import { withDiffIds } from '../diff-ids.js';
import { Document } from '../document.js';
import { type Descriptor, type IndexEntry, imageLayer, type Manifest, parseManifest } from '../manifest.js';
import { type Platform, printPlatform, suitable } from '../platform.js';
import { type ArchiveChoice, type ArchivedImage, chooseByName, refused } from './archive-choice.js';
import { dockerImage, isDockerArchive } from './docker-archive.js';
import type { Member, Members } from './members.js';

/** Indexes within indexes: builders make one at most. */
const depthMax = 4;
const subject = 'the archive';

/**
 * Finds an image in an archive, and checks that all of it is there.
 *
 * @throws Failure UnsupportedFormat when the archive has no such image, several, or one of a kind that cannot be used
 * @throws Failure VerificationFailed when a part of the image is missing, or has another digest or size
 * @throws Failure Corrupt when a document cannot be read
 */
export function findImage(members: Members, choice: ArchiveChoice): ArchivedImage {
  const index = members.at('index.json');
  if (index !== undefined) return layoutImage(members, index, choice);
  if (isDockerArchive(members)) return dockerImage(members, choice.tag);
  throw refused(
    'it is neither an OCI image layout, with index.json, nor what docker save writes, with manifest.json',
    subject,
  );
}

function layoutImage(members: Members, index: Member, { tag, platform }: ArchiveChoice): ArchivedImage {
  const bytes = members.read(index);
  const top = parseManifest(bytes, undefined, `index.json of ${subject}`, imageLayer);
  if (top.kind !== 'index') throw refused('its index.json is not an index', 'an index');
  const names = namesByDigest(bytes);
  const entries = chooseByName(
    top.entries.map((image) => ({ image, names: names.get(image.digest) ?? [] })),
    tag,
  );
  return resolveEntries(members, entries, platform, 1);
}

/** What the entries of an index are called: by docker(1) and podman(1) in full, by others by tag alone. */
function namesByDigest(bytes: Buffer): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const entry of Document.parse(bytes, subject).objects('manifests', 1000)) {
    const annotations = entry.object('annotations');
    const keys = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];
    const found = keys.flatMap((key) => annotations?.text(key) ?? []);
    const digest = entry.mustText('digest');
    names.set(digest, [...(names.get(digest) ?? []), ...found]);
  }
  return names;
}

/** The best of some entries: what an index of platforms says of its manifests counts, not the order alone. */
function resolveEntries(
  members: Members,
  entries: readonly IndexEntry[],
  platform: Platform,
  depth: number,
): ArchivedImage {
  const [best] = suitable(entries, platform);
  if (best === undefined) {
    const found = entries.map((entry) => printPlatform(entry.platform ?? { os: '', architecture: '' })).join(', ');
    throw refused(
      `it has no image for ${printPlatform(platform)}; it has: ${escapeText(firstOf(found, 500)) || 'none'}`,
      printPlatform(platform),
    );
  }
  const bytes = members.read(members.blob(best.digest, best.size));
  const parsed = parseManifest(bytes, best.mediaType, `the ${best.kind} ${best.digest} of ${subject}`, imageLayer);
  if (parsed.kind === 'manifest') return archivedImage(members, best, parsed);
  if (depth === depthMax) throw refused(`its indexes are nested more than ${depthMax} deep`, 'a manifest');
  return resolveEntries(members, parsed.entries, platform, depth + 1);
}

function archivedImage(members: Members, { digest: manifestDigest }: Descriptor, manifest: Manifest): ArchivedImage {
  const config = members.read(members.blob(manifest.config.digest, manifest.config.size)).toString();
  const layers = withDiffIds(manifest.layers, config, `the configuration of the image in ${subject}`);
  return {
    manifestDigest,
    config,
    layers: layers.map(({ digest, size, compression, diffId }) => {
      const { offset } = members.blob(digest, size);
      return { digest, bytes: size, compression, offset, diffId };
    }),
  };
}
