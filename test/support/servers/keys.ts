import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestKey {
  readonly user: string;
  readonly fingerprint: string;
}

export interface SigningOptions {
  /** Armored rather than binary. */
  readonly armor?: boolean;
  readonly form?: 'detached' | 'clear' | 'inline';
  readonly digest?: 'SHA256' | 'SHA512' | 'SHA1';
  /** `20200101T000000!`, or any time that gpg takes. */
  readonly at?: string;
  /** An expiry for the signature, as gpg takes it. */
  readonly expires?: string;
  /** Further signers. */
  readonly also?: readonly TestKey[];
}

/** A GnuPG home of its own, for the time of a test: real keys and real signatures. */
export class KeyRoom implements Disposable {
  readonly directory: string;
  #files = 0;

  constructor() {
    this.directory = mkdtempSync('/var/tmp/ferry-keys-');
  }

  /** Makes a key. `algorithm` as gpg's --quick-generate-key takes it: ed25519, rsa2048, rsa1024, dsa2048, nistp256, brainpoolP256r1, secp256k1. */
  createKey(user: string, algorithm = 'ed25519', expires = 'never', at?: string): TestKey {
    this.gpg([...atTime(at), '--quick-generate-key', user, algorithm, 'sign', expires]);
    const listing = this.gpg(['--with-colons', '--list-keys', `=${user}`]).toString();
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1];
    if (fingerprint === undefined) throw new Error(`gpg made no key for ${user}`);
    return { user, fingerprint };
  }

  /** Adds a signing subkey and gives back its fingerprint. Signatures by the key are made by it from then on. */
  addSubkey(key: TestKey, algorithm = 'ed25519', expires = 'never', at?: string): string {
    this.gpg([...atTime(at), '--quick-add-key', key.fingerprint, algorithm, 'sign', expires]);
    const listing = this.gpg(['--with-colons', '--list-keys', key.fingerprint]).toString();
    return [...listing.matchAll(/^fpr:+([0-9A-F]+):/gm)].at(-1)?.[1] ?? '';
  }

  /** The public keys as a keyring. */
  export(keys: readonly TestKey[], armor = false): Buffer {
    return this.gpg([...(armor ? ['--armor'] : []), '--export', ...keys.map((key) => key.fingerprint)]);
  }

  /** Revokes the key, here and in keyrings that are exported from now on. */
  revoke(key: TestKey): void {
    const directory = join(this.directory, 'openpgp-revocs.d');
    const file = readdirSync(directory).find((name) => name.startsWith(key.fingerprint)) ?? '';
    const certificate = readFileSync(join(directory, file), 'latin1').replace(':-----BEGIN', '-----BEGIN');
    this.gpg(['--import'], Buffer.from(certificate, 'latin1'));
  }

  sign(key: TestKey, payload: Buffer | string, options: SigningOptions = {}): Buffer {
    const { armor, form = 'detached', digest = 'SHA512', at, expires, also = [] } = options;
    const commands = { detached: '--detach-sign', clear: '--clear-sign', inline: '--sign' };
    const users = [key, ...also].flatMap(({ fingerprint }) => ['--local-user', fingerprint]);
    const age = expires === undefined ? [] : ['--default-sig-expire', expires];
    const weak = digest === 'SHA1' ? ['--allow-weak-digest-algos'] : [];
    const format = armor ? ['--armor'] : [];
    return this.gpg(
      [...atTime(at), ...age, ...weak, ...format, ...users, '--digest-algo', digest, commands[form]],
      Buffer.from(payload),
    );
  }

  /** What gpgv says of the same bytes: its exit code and its status lines. */
  gpgv(keyring: Buffer, signature: Buffer, payload?: Buffer | string): { code: number; status: string } {
    const files = [this.#file(signature), ...(payload === undefined ? [] : [this.#file(Buffer.from(payload))])];
    const parameters = ['--status-fd', '1', '--homedir', this.directory, '--keyring', this.#file(keyring), ...files];
    try {
      return { code: 0, status: execFileSync('gpgv', parameters, { stdio: ['ignore', 'pipe', 'ignore'] }).toString() };
    } catch (error) {
      if (error instanceof Error && 'status' in error && 'stdout' in error) {
        return { code: Number(error.status), status: String(error.stdout) };
      }
      throw error;
    }
  }

  /** The exit code of gpg, with the keys of this room, for a detached signature. */
  verify(signature: Buffer, payload: Buffer | string, options: readonly string[] = []): number {
    const files = [this.#file(signature), this.#file(Buffer.from(payload))];
    const parameters = ['--homedir', this.directory, '--batch', '--quiet', ...options, '--verify', ...files];
    return spawnSync('gpg', parameters, { stdio: 'ignore' }).status ?? -1;
  }

  gpg(parameters: readonly string[], input: Buffer = Buffer.alloc(0)): Buffer {
    const common = [
      '--homedir',
      this.directory,
      '--batch',
      '--no-tty',
      '--quiet',
      '--yes',
      '--passphrase',
      '',
      '--pinentry-mode',
      'loopback',
    ];
    return execFileSync('gpg', [...common, ...parameters], {
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
    });
  }

  [Symbol.dispose](): void {
    // The agent that gpg started has this directory as its home and would stay.
    execFileSync('gpgconf', ['--homedir', this.directory, '--kill', 'all'], { stdio: 'ignore' });
    rmSync(this.directory, { recursive: true, force: true });
  }

  #file(bytes: Buffer): string {
    const path = join(this.directory, `input-${this.#files++}`);
    writeFileSync(path, bytes);
    return path;
  }
}

function atTime(at: string | undefined): string[] {
  return at === undefined ? [] : ['--faked-system-time', at];
}
