import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { judgeContent } from '../../../service/verify/detached.js';
import { readOpensshSignature } from '../../../service/verify/openssh/signature.js';
import { readTrustedSshKeys } from '../../../service/verify/openssh/trusted.js';
import { needs } from '../needs.js';
import { type SshCertificateOptions, SshRoom, type SshSigningOptions, type SshTestKey } from '../servers/ssh-keys.js';

export const payload = 'ed2d1c1f0000000000000000000000000000000000000000000000000000beef  image.raw\n';
export const principal = 'release@example.com';
export const now = new Date();
export const programs = ['ssh-keygen'];

/** What the two say of the same bytes. */
export interface Row {
  readonly what: string;
  readonly sign: () => Buffer;
  readonly trusted: () => string;
  readonly content?: string;
  readonly ours: string;
  /** Whether `ssh-keygen -Y verify` takes it. */
  readonly theirs: boolean;
  /** Why we differ, where we do. */
  readonly difference?: string;
}

let room: SshRoom | undefined;
export const keys = new Map<string, SshTestKey>();

export function theRoom(): SshRoom {
  return (room ??= new SshRoom());
}

export function key(name: string): SshTestKey {
  const [, type = '', bits] = /^([a-z0-9]+)(?:-(\d+))?/.exec(name) ?? [];
  const found = keys.get(name) ?? theRoom().createKey(type, bits === undefined ? undefined : Number(bits));
  keys.set(name, found);
  return found;
}

export function sign(name: string, options: SshSigningOptions = {}): () => Buffer {
  return () => theRoom().sign(key(name), payload, options);
}

export function signCertified(authority: string, options: SshCertificateOptions = {}, name = 'ed25519'): () => Buffer {
  return () => {
    const certified = theRoom().certify(key(name), key(authority), { principals: principal, ...options });
    return theRoom().sign(certified, payload);
  };
}

export const line =
  (name: string, options = '', principals = principal) =>
  () =>
    `${[principals, options, key(name).line].filter((part) => part !== '').join(' ')}\n`;

export async function judge(signature: Buffer, trusted: string, content: Buffer | string = payload): Promise<string> {
  const read = readOpensshSignature(signature, readTrustedSshKeys(trusted));
  if (!read) return 'not a signature';
  const findings = await judgeContent(read, Buffer.from(content), now);
  assert.equal(findings.length, 1);
  const [finding] = findings;
  return finding?.kind === 'unreliable' ? finding.reason : (finding?.kind ?? '');
}

after(() => room?.[Symbol.dispose]());

/** Demands what the rows say, of Ferry and of ssh-keygen. */
export function demand(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const { what, sign: makeSignature, trusted, content = payload, ours, theirs, difference } of rows) {
      test(what, async (t) => {
        if (!needs(t, { programs })) return;
        const [signature, lines] = [makeSignature(), trusted()];
        assert.equal(await judge(signature, lines, content), ours);
        assert.equal(theRoom().accepts(lines, principal, signature, content), theirs, 'ssh-keygen');
        assert.equal(
          ours === 'good' ? theirs : !theirs || difference !== undefined,
          true,
          'a difference without a reason',
        );
      });
    }
  });
}
