import { readSync, writeSync } from 'node:fs';
import type { ByteSource } from '../../formats/bytes.js';
import { writeFailure } from '../../formats/disk/sparse.js';
import { findImage } from '../../formats/oci/archive/archived-image.js';
import { collectMembers, type Store } from '../../formats/oci/archive/members.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { dataDescriptor } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { CollectedImage, OciCollectOrder } from '../ipc/messages.js';

const subject = 'The temporary file of the archive';
/** A file without a name that the daemon has opened. */
const kept = dataDescriptor + 1;

function onKept(action: () => void): void {
  try {
    action();
  } catch (error) {
    const explained = writeFailure(error, kept, subject);
    failOn(subject, () => {
      throw explained;
    });
  }
}

const store: Store = {
  write(bytes, position) {
    onKept(() => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(kept, bytes, done, bytes.length - done, position + done);
    });
  },
  read(bytes, position) {
    onKept(() => {
      for (let done = 0; done < bytes.length; ) {
        const count = readSync(kept, bytes, done, bytes.length - done, position + done);
        if (count === 0) throw new RangeError('past the end of what was kept');
        done += count;
      }
    });
  },
};

/** The bytes that come from the decode process. */
function decodedSource(frames: FrameReader): ByteSource {
  frames.nextPart();
  return { read: (buffer, offset, length) => frames.read(buffer, offset, length) };
}

/**
 * Keeps the files of an archive of container images, which come from the decode process, in a file of the daemon, finds the image that is
 * meant, and checks all of it against its digests.
 *
 * @throws Failure UnsupportedFormat when there is no such image, several, or one of a kind that cannot be used
 * @throws Failure VerificationFailed when a part of the image is missing, or has another digest or size
 * @throws Failure Corrupt when the archive or a document in it is damaged
 * @throws Failure InsufficientSpace, FileSystemError when the file takes no more bytes
 * @throws Failure WorkerFailed when the decode process ends before it has sent all
 */
export function collectOci({ tag, platform, sizeMax }: OciCollectOrder): CollectedImage {
  const frames = new FrameReader(dataDescriptor, 'decode');
  const members = collectMembers(decodedSource(frames), store, sizeMax);
  frames.nextPart();
  const { manifestDigest, config, layers } = findImage(members, { tag, platform });
  return {
    image: {
      location: 0,
      manifestDigest,
      indexDigest: undefined,
      config,
      layers: layers.map(({ digest, bytes, compression, diffId }) => ({ digest, bytes, compression, diffId })),
      signers: [],
      token: undefined,
    },
    offsets: layers.map(({ offset }) => offset),
    bytes: frames.received,
  };
}
