import { Failure } from '../../../common/failure.js';
import { lastComponent } from '../../../common/url.js';
import { escapeText } from '../../../varlink/text.js';
import { bad, good, type ImageCheck, unknown } from '../../images/examine/checks.js';
import { decodeProofs, serveProofs } from '../../images/pristine/proofs.js';
import type { Proof } from '../../verify/proof.js';
import { Unproven } from '../../verify/search/unproven.js';
import type { JudgeOrder } from '../ipc/messages.js';
import { proofFor, recordedDigests } from './image-head.js';
import { type Origin, originOf } from './origin.js';

/** What is judged with: the files that are kept, or those of the server. */
interface Judgement {
  readonly kind: 'proofs' | 'server';
  /** The path of the kept files. */
  readonly subject: string | undefined;
  readonly proof: Proof;
}

/**
 * Holds what was recorded of a download against checksum and signature files, with the keys of the order.
 *
 * @throws Failure Cancelled when the order is withdrawn
 * @throws Error of node when the files of a file: URL cannot be read
 */
export async function judgeProofs(order: JudgeOrder): Promise<ImageCheck> {
  const kind = order.proofs === undefined ? 'server' : 'proofs';
  const subject = order.proofsPath;
  try {
    using origin = originOf(order.download, new AbortController().signal);
    const proof = await gather(order, origin);
    return await compare({ kind, subject, proof }, order);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error instanceof Unproven) return unknown(kind, error.reason, { subject });
    if (error.kind === 'DownloadFailed') return unknown(kind, error.message, { subject });
    if (error.kind === 'VerificationFailed' || error.kind === 'Corrupt') return bad(kind, error.message, { subject });
    throw error;
  }
}

/** @throws Failure VerificationFailed, DownloadFailed; Corrupt when the kept files are damaged */
async function gather({ download, proofs, proofsPath }: JudgeOrder, origin: Origin): Promise<Proof> {
  if (proofs === undefined) return await proofFor(download, origin, 'debug');
  const kept = decodeProofs(Buffer.from(proofs, 'base64'), proofsPath ?? '');
  const fetchSmall = serveProofs(kept, download.url);
  return await proofFor({ ...download, checksumFile: kept.checksumFile }, { fetchSmall }, 'debug');
}

async function compare(judgement: Judgement, { download, record }: JudgeOrder): Promise<ImageCheck> {
  const { kind, subject, proof } = judgement;
  const digests = recordedDigests(record, proof);
  if (digests === undefined) {
    const message = `Cannot compare the download with ${fileOf(proof)}: the digest needed for that was not recorded; pull it again`;
    return unknown(kind, message, { subject });
  }
  const checked = await proof.check(lastComponent(download.url) ?? '', digests);
  return checked.isOk() ? proved(judgement) : disproved(judgement, checked.error);
}

/** The file that lists the digest, or else holds the signature over the image. */
function fileOf(proof: Proof): string {
  return escapeText(proof.expected?.listedIn ?? proof.imageSignature ?? '');
}

/** Says who vouches for the download. */
function proved({ kind, subject, proof }: Judgement): ImageCheck {
  const { signedBy, expected } = proof;
  const lists = `${fileOf(proof)} lists the recorded digest`;
  if (signedBy === undefined) return good(kind, `${lists}; no signature was checked`, { subject });
  const by = `key ${signedBy.keyId} (${escapeText(signedBy.user)})`;
  const message = expected === undefined ? `${fileOf(proof)} is a signature of the download` : `${lists} and is signed`;
  return good(kind, `${message} by ${by}`, { subject, signedBy: signedBy.fingerprint });
}

function disproved({ kind, subject, proof }: Judgement, { facts, message }: Failure): ImageCheck {
  const { expected, found } = 'found' in facts ? facts : { expected: undefined, found: undefined };
  if (expected === undefined || found === undefined) return bad(kind, message, { subject });
  const differ = `lists ${expected}, but the download had ${found}`;
  const advice = 'pull it again';
  const text =
    kind === 'server'
      ? `The server's ${fileOf(proof)} ${differ}: the publisher may have replaced it; ${advice}`
      : `The kept ${fileOf(proof)} ${differ}; ${advice}`;
  return bad(kind, text, { subject, expected, found });
}
