import { Failure } from '../../../common/failure.js';
import type { ResolveRequest } from '../../http/registry/resolution.js';
import { type Attachment, attachmentsOf, type FoundDocuments } from '../../http/registry/signatures.js';
import { parseBundle, type SignedContent, simpleSignature } from '../../verify/sigstore/bundle.js';
import { type SignatureDemand, SignatureJudge } from '../../verify/sigstore/judge.js';
import { readTrustedKeys } from '../../verify/trusted-keys.js';
import type { SoughtReference } from '../ipc/messages.js';

/**
 * What judges the signatures of what a reference leads to; undefined if none is demanded.
 *
 * @throws Failure VerificationFailed when a keyring holds no key
 */
export async function judgeFor({
  demands,
  name,
}: Pick<SoughtReference, 'demands' | 'name'>): Promise<ResolveRequest['judge']> {
  if (demands.length === 0) return undefined;
  const all = await Promise.all(demands.map(withKeys));
  return async (found) => await judge(new SignatureJudge(all, name, found.documents), found);
}

async function withKeys({ keyrings, ...demand }: SoughtReference['demands'][number]): Promise<SignatureDemand> {
  const read = keyrings.map(({ path, base64, optional }) => ({
    path,
    bytes: Buffer.from(base64, 'base64'),
    isOptional: optional,
  }));
  return { ...demand, keys: (await readTrustedKeys(read)).sigstore };
}

/** Asks for one signature after the other, until all demands are met. */
async function judge(judge: SignatureJudge, found: FoundDocuments): Promise<string[]> {
  const problems: string[] = [];
  for await (const attachment of attachmentsOf(found)) {
    if (attachment.kind === 'problem') problems.push(attachment.message);
    else takeInto(judge, attachment);
    if (judge.isMet) break;
  }
  judge.conclude(found.subject, problems[0]);
  return judge.signers;
}

function takeInto(judge: SignatureJudge, attachment: Exclude<Attachment, { kind: 'problem' }>): void {
  try {
    judge.take(read(attachment));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    judge.takeDamaged(error.message);
  }
}

function read(attachment: Exclude<Attachment, { kind: 'problem' }>): SignedContent {
  if (attachment.kind === 'bundle') return parseBundle(attachment.bytes);
  return simpleSignature(attachment.bytes, attachment.signature, attachment.isKeyless);
}
