import { createHash } from 'node:crypto';
import { Failure } from '../../../common/failure.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import type { SignedContent } from './bundle.js';
import type { Claim } from './claims.js';
import { type IdentityRule, type ImageName, matchesIdentity } from './identity.js';
import { isSignedBy, type SigstoreKey } from './keys.js';

/** A demand on the signatures of an image. */
export interface SignatureDemand {
  /** Who does, as the subject of a sentence, such as `the trust entry /etc/ferry/trust.d/x.conf`. */
  readonly source: string;
  /** What to do without a signature, as the end of a sentence. */
  readonly advice: string;
  readonly keys: readonly SigstoreKey[];
  /** As an entry writes them; any of the keys counts if there are none. */
  readonly fingerprints: readonly string[];
  /** How many different keys must have signed. */
  readonly requireSigners: number;
  readonly identity: IdentityRule;
  /** Whether signatures count that name no image. */
  readonly mayBeNameless: boolean;
}

/** A manifest or an index. */
interface SignedDocument {
  readonly bytes: Buffer;
}

/** Why a signature does not count, the one that came closest first. */
const kinds = ['wrong', 'unknown', 'keyless', 'damaged'] as const;
type Shortcoming = { readonly kind: (typeof kinds)[number]; readonly reason: string };

/** One demand, and how far it is met. */
class Case {
  readonly demand: SignatureDemand;
  readonly #keys: readonly SigstoreKey[];
  readonly #signers = new Set<string>();
  readonly #shortcomings: Shortcoming[] = [];

  constructor(demand: SignatureDemand) {
    const { keys, fingerprints } = demand;
    this.demand = demand;
    this.#keys = keys.filter(({ fingerprint }) => fingerprints.length === 0 || fingerprints.includes(fingerprint));
  }

  get isMet(): boolean {
    return this.#signers.size >= this.demand.requireSigners;
  }

  get signers(): readonly string[] {
    return [...this.#signers];
  }

  note(shortcoming: Shortcoming): void {
    this.#shortcomings.push(shortcoming);
  }

  /** Holds signatures over some bytes against the keys. What the bytes say counts only once a signature is good. */
  take(
    signed: SignedContent,
    content: Buffer,
    problemOf: (claim: Claim, demand: SignatureDemand) => string | undefined,
  ) {
    const signer = this.#keys.find((key) => signed.signatures.some((each) => isSignedBy(key, content, each)));
    if (signer === undefined) return this.note(signed.isKeyless ? keyless : unknown);
    const reason = claimProblem(signed, (claim) => problemOf(claim, this.demand));
    if (reason === undefined) this.#signers.add(signer.fingerprint);
    else if (reason !== '')
      this.note({ kind: 'wrong', reason: `the signature by key ${signer.fingerprint} ${reason}` });
  }

  /** Why the demand is not met, as the rest of a sentence. */
  reason(seen: number): string {
    const { requireSigners, keys } = this.demand;
    const unusable = keys.find(({ problem }) => problem !== undefined);
    if (keys.length === 0) return 'none of its keys is a sigstore key (PEM)';
    if (this.#keys.length === 0) return 'none of its keys has a fingerprint that it names';
    if (this.#signers.size > 0)
      return `signatures by ${requireSigners} keys are required, and ${this.#signers.size} counted`;
    if (unusable !== undefined && keys.every(({ problem }) => problem !== undefined)) {
      const name = `key ${unusable.fingerprint}`;
      return `${name} does not count: it ${unusable.problem?.replace(/^which /, '')}`;
    }
    const [worst] = kinds.flatMap((kind) => this.#shortcomings.filter((each) => each.kind === kind));
    if (seen === 0 || worst === undefined) return 'there is no signature for it in the registry';
    return worst.reason;
  }
}

const keyless: Shortcoming = {
  kind: 'keyless',
  reason:
    'it is signed only with certificates that were valid for minutes (keyless), and Ferry does not ask the transparency log that could vouch for them',
};
const unknown: Shortcoming = { kind: 'unknown', reason: 'none of its signatures is by a key that counts' };

/** Undefined if all is well, empty for what is no signature over an image. */
function claimProblem(signed: SignedContent, problemOf: (claim: Claim) => string | undefined): string | undefined {
  try {
    const claim = signed.claim();
    return claim === undefined ? '' : problemOf(claim);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `cannot be used: ${error.message}`;
  }
}

/** Holds the signatures of one image against everything that is demanded of them. */
export class SignatureJudge {
  readonly #cases: readonly Case[];
  readonly #name: ImageName;
  readonly #documents: readonly SignedDocument[];
  #seen = 0;

  /** @param documents the manifest, and the index that names it: a signature over one of them will do */
  constructor(demands: readonly SignatureDemand[], name: ImageName, documents: readonly SignedDocument[]) {
    this.#cases = demands.map((demand) => new Case(demand));
    this.#name = name;
    this.#documents = documents;
  }

  get isMet(): boolean {
    return this.#cases.every((each) => each.isMet);
  }

  /** Of the keys whose signatures counted, those of the first demand first. */
  get signers(): string[] {
    return [...new Set(this.#cases.flatMap(({ signers }) => signers))];
  }

  take(signed: SignedContent): void {
    this.#seen++;
    const contents = signed.content === undefined ? this.#documents.map(({ bytes }) => bytes) : [signed.content];
    for (const each of this.#cases) {
      if (each.isMet) continue;
      for (const content of contents)
        each.take(signed, content, (claim, demand) => this.#problem(claim, demand, content));
    }
  }

  /** Told of what was there in place of a signature. */
  takeDamaged(message: string): void {
    this.#seen++;
    for (const each of this.#cases) each.note({ kind: 'damaged', reason: `a signature cannot be read: ${message}` });
  }

  #problem({ digests, reference }: Claim, demand: SignatureDemand, content: Buffer): string | undefined {
    if (!digests.some((digest) => this.#isOurs(digest)) && !this.#documents.some(({ bytes }) => bytes === content))
      return `is for ${shown(digests[0] ?? 'nothing')}, and not for this image`;
    if (reference === undefined)
      return demand.mayBeNameless ? undefined : 'names no image, as those in bundles do, and the policy demands a name';
    if (matchesIdentity(demand.identity, this.#name, reference)) return undefined;
    return `is for '${shown(reference)}', and not for this name`;
  }

  #isOurs(digest: string): boolean {
    const [algorithm = '', hash] = digest.split(':');
    if (algorithm !== 'sha256' && algorithm !== 'sha512') return false;
    return this.#documents.some(({ bytes }) => createHash(algorithm).update(bytes).digest('hex') === hash);
  }

  /**
   * @param problem why signatures may be missing, as a sentence; undefined if all were seen
   * @throws Failure VerificationFailed when a demand is not met
   */
  conclude(subject: string, problem: string | undefined): void {
    const unmet = this.#cases.find((each) => !each.isMet);
    if (unmet === undefined) return;
    const { source, advice } = unmet.demand;
    const also = problem === undefined ? '' : ` (${problem})`;
    const message = `Cannot use ${subject}: ${source} demands a signature, but ${unmet.reason(this.#seen)}${also}; ${advice}`;
    throw new Failure('VerificationFailed', message, { file: subject });
  }
}

function shown(text: string): string {
  return escapeText(firstOf(text, 200));
}
