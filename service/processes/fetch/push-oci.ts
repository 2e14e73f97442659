import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { userAgent } from '../../../common/version.js';
import { damaged, findParts } from '../../formats/oci/archive/archive-parts.js';
import { type Described, diskArtefact } from '../../formats/oci/disk-artefact.js';
import { type Descriptor, imageLayer, parseManifest } from '../../formats/oci/manifest.js';
import { Network } from '../../http/connection/network.js';
import { type PushedImage, pushImage } from '../../http/registry/push.js';
import { dataDescriptor, log } from '../ipc/channel.js';
import type { OciPushOrder, PushedArtefact, PushedBlob } from '../ipc/messages.js';
import { ProgressReport } from '../ipc/progress.js';

/** The file of the daemon that has the bytes. */
const kept = dataDescriptor;

function read(position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const count = readSync(kept, bytes, done, length - done, position + done);
    if (count === 0) throw damaged();
    done += count;
  }
  return bytes;
}

/** What the archive of a container image has. */
function imageIn(manifestDigest: string): PushedImage {
  const parts = findParts(read);
  const partOf = (digest: string) => {
    const part = parts.get(`blobs/${digest.replace(':', '/')}`);
    if (part === undefined) throw damaged();
    return part;
  };
  const blobOf = ({ mediaType, digest }: Descriptor) => {
    const { offset, bytes } = partOf(digest);
    return { mediaType, digest, bytes, content: { descriptor: kept, offset } };
  };
  const { offset, bytes: length } = partOf(manifestDigest);
  const bytes = read(offset, length);
  const manifest = parseManifest(bytes, undefined, 'the manifest', imageLayer);
  const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (manifest.kind !== 'manifest' || found !== manifestDigest) throw damaged();
  const { mediaType } = JSON.parse(bytes.toString()) as { mediaType: string };
  return {
    manifest: { mediaType, digest: manifestDigest, bytes },
    blobs: [...manifest.layers, manifest.config].map(blobOf),
  };
}

/** The file is a disk image. */
function imageOf(artefact: PushedArtefact): PushedImage {
  const { layer, config, manifest } = diskArtefact(artefact);
  const plain = ({ mediaType, digest, size: bytes }: Described) => ({ mediaType, digest, bytes });
  return {
    manifest: { mediaType: manifest.mediaType, digest: manifest.digest, bytes: manifest.content },
    blobs: [
      { ...plain(layer), content: { descriptor: kept, offset: 0 } },
      { ...plain(config), content: config.content },
    ],
  };
}

/**
 * Gives a registry what it does not have of an image.
 *
 * @throws Failure UploadFailed when it does not take it
 * @throws Failure Corrupt when the file has something else than the service says
 */
export async function pushOci(order: OciPushOrder): Promise<{ manifestDigest: string; blobs: PushedBlob[] }> {
  const { artefact, manifestDigest, environment, locations, tag, mountFrom, limitRate, resume, dryRun } = order;
  const image = artefact === undefined ? imageIn(manifestDigest ?? '') : imageOf(artefact);
  using network = new Network({ environment, userAgent });
  let report: ProgressReport | undefined;
  const { signal } = new AbortController();
  const fates = await pushImage({
    ...{ network, locations, tag, image, mountFrom, limitRate, resume, dryRun, signal },
    onProgress: (bytes, total) => {
      report ??= new ProgressReport(total);
      report.advance(bytes);
    },
    onNotice: (message) => log('info', message),
  });
  const blobs = image.blobs.map(({ mediaType, digest, bytes }, index) => {
    return { mediaType, digest, bytes, fate: fates[index] ?? 'missing' };
  });
  return { manifestDigest: image.manifest.digest, blobs };
}
