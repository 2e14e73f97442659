import type { DetachedSignature, SignatureFinding, WantedHash } from '../detached.js';
import { shown } from '../shown.js';
import { judgeKey, namespace, namespaceProblem, type Verdict } from './judge.js';
import { fingerprintOf, readSshKey, type SshKey } from './key.js';
import type { TrustedSshKey } from './trusted.js';
import { verifySsh } from './verify.js';
import { attempt, SshReader, sshString } from './wire.js';

const magic = 'SSHSIG';
const version = 1;

/** A signature as it was read (PROTOCOL.sshsig). */
interface Parts {
  readonly key: Buffer;
  readonly namespace: string;
  readonly hash: string;
  readonly signature: Buffer;
}

/** Reads a signature by `ssh-keygen -Y sign`; undefined if it is not one. */
export function readOpensshSignature(file: Buffer, keys: readonly TrustedSshKey[]): DetachedSignature | undefined {
  const bytes = withoutArmor(file);
  const parts = bytes && attempt(() => readParts(bytes));
  return parts && new OpensshSignature(parts, keys);
}

// As strict as ssh-keygen: nothing may stand before it, and what follows is ignored.
function withoutArmor(file: Buffer): Buffer | undefined {
  const [begin, end] = ['-----BEGIN SSH SIGNATURE-----\n', '\n-----END SSH SIGNATURE-----'];
  if (file.subarray(0, begin.length).toString('latin1') !== begin) return undefined;
  const stop = file.indexOf(end, begin.length - 1);
  const text = file.subarray(begin.length, stop).toString('latin1').replaceAll(/\s/g, '');
  return stop >= 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function readParts(bytes: Buffer): Parts {
  const reader = new SshReader(bytes);
  if (reader.take(magic.length).toString('latin1') !== magic) throw new RangeError('another format');
  if (reader.uint32() > version) throw new RangeError('a later version');
  const [key, own] = [reader.string(), reader.name()];
  reader.string(); // reserved
  const [hash, signature] = [reader.name(), reader.string()];
  reader.end();
  return { key, namespace: own, hash, signature };
}

class OpensshSignature implements DetachedSignature {
  readonly scheme = 'openssh';
  readonly wanted: readonly WantedHash[];
  readonly #parts: Parts;
  readonly #key: SshKey | undefined;
  /** What is trusted and may be about the key. */
  readonly #trusted: readonly TrustedSshKey[];

  constructor(parts: Parts, keys: readonly TrustedSshKey[]) {
    this.#parts = parts;
    this.#key = readSshKey(parts.key);
    this.#trusted = keys.filter((trusted) => this.#key && isNamedBy(this.#key, trusted));
    const algorithms = this.#trusted.length === 0 ? [] : ['sha256', 'sha512'];
    this.wanted = algorithms.filter((name) => name === parts.hash).map((algorithm) => ({ algorithm }));
  }

  async judge([digest]: readonly Buffer[], now: Date): Promise<SignatureFinding[]> {
    const key = this.#key;
    if (!key || this.#trusted.length === 0)
      return [{ kind: 'unknown', keyId: key?.fingerprint ?? fingerprintOf(this.#parts.key) }];
    const verified = digest ? verifySsh(key, this.#parts.signature, this.#signedData(digest)) : this.#hashProblem();
    const findings = this.#trusted.map((trusted) => this.#examineBy(key, trusted, verified, now));
    const good = findings.find(({ kind }) => kind === 'good');
    return [good, ...findings].filter((finding) => finding !== undefined).slice(0, 1);
  }

  #examineBy(key: SshKey, trusted: TrustedSshKey, verified: boolean | string, now: Date): SignatureFinding {
    const { fingerprint } = key;
    const by = `key ${fingerprint} (${trusted.user})`;
    if (verified === false) return { kind: 'bad', by };
    const reason = typeof verified === 'string' ? verified : this.#namespaceProblem(trusted);
    const verdict: Verdict = reason === undefined ? judgeKey(key, trusted, now) : { reason };
    if ('reason' in verdict) return { kind: 'unreliable', by, reason: verdict.reason };
    const { user } = verdict;
    return { kind: 'good', signer: { scheme: 'openssh', fingerprint, keyId: fingerprint, user, created: undefined } };
  }

  #hashProblem(): string {
    return `but over a hash by '${shown(this.#parts.hash)}', which OpenSSH does not allow`;
  }

  #signedData(digest: Buffer): Buffer {
    const { namespace: own, hash: name } = this.#parts;
    const strings = [own, '', name, digest];
    return Buffer.concat([Buffer.from(magic), ...strings.map(sshString)]);
  }

  #namespaceProblem({ namespaces }: TrustedSshKey): string | undefined {
    const { namespace: own } = this.#parts;
    if (own !== namespace) return `but for the namespace '${shown(own)}' instead of '${namespace}'`;
    return namespaceProblem(namespaces);
  }
}

/** Whether a line is about a key or about the authority of its certificate. */
function isNamedBy({ blob, certificate }: SshKey, trusted: TrustedSshKey): boolean {
  return [blob, certificate?.authority].some((known) => known?.equals(trusted.key.blob));
}
