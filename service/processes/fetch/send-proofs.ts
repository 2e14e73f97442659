import { encodeProofs, proofsMax } from '../../images/pristine/encode-proofs.js';
import type { Proof } from '../../verify/proof.js';
import { log } from '../ipc/channel.js';
import type { FrameWriter } from '../ipc/frames.js';
import type { Download } from '../ipc/messages.js';
import { proofsPart } from '../ipc/parts.js';

/**
 * Sends the checksum and signature files that counted, so that they can be kept with the download.
 *
 * @throws Failure WorkerFailed when the placement process has ended
 * @throws Failure Cancelled
 */
export async function sendProofs(proof: Proof, { checksumFile }: Download, pipe: FrameWriter): Promise<void> {
  const files = await proof.counted();
  if (files.length === 0) return;
  const archive = encodeProofs({ checksumFile, files }, new Date());
  if (archive === undefined) {
    log(
      'warning',
      `Cannot keep the checksum and signature files: they have more than ${proofsMax} bytes; a later verification needs the server`,
    );
    return;
  }
  pipe.beginPart(proofsPart);
  pipe.write(archive, 0, archive.length);
  pipe.endPart();
}
