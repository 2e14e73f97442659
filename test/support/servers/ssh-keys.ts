import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key of ssh-keygen. */
export interface SshTestKey {
  /** The path of its private half. */
  readonly path: string;
  /** `TYPE BASE64`, without a comment. */
  readonly line: string;
}

export interface SshSigningOptions {
  readonly namespace?: string;
  readonly hash?: 'sha256' | 'sha512';
}

export interface SshCertificateOptions {
  readonly principals?: string;
  /** As `ssh-keygen -V` takes it. */
  readonly validity?: string;
  readonly isForHosts?: boolean;
  /** As `ssh-keygen -O` takes it. */
  readonly options?: readonly string[];
}

/** A directory with keys of ssh-keygen, for the time of a test: real keys and real signatures. */
export class SshRoom implements Disposable {
  readonly directory = mkdtempSync('/var/tmp/ferry-ssh-keys-');
  #files = 0;

  /** Makes a key of a type, and of a size if there are several. */
  createKey(type: string, bits?: number): SshTestKey {
    const path = this.#path();
    const size = bits === undefined ? [] : ['-b', String(bits)];
    this.#run(['-q', '-t', type, ...size, '-N', '', '-C', '', '-f', path]);
    return { path, line: readFileSync(`${path}.pub`, 'utf8').trim() };
  }

  sign(key: SshTestKey, content: Buffer | string, { namespace = 'file', hash }: SshSigningOptions = {}): Buffer {
    const algorithm = hash === undefined ? [] : ['-O', `hashalg=${hash}`];
    return this.#run(['-q', '-Y', 'sign', '-n', namespace, ...algorithm, '-f', key.path], content);
  }

  /** The same key, as signatures by a certificate of it need it. */
  certify(key: SshTestKey, authority: SshTestKey, options: SshCertificateOptions = {}): SshTestKey {
    const path = this.#path();
    writeFileSync(path, readFileSync(key.path), { mode: 0o600 });
    writeFileSync(`${path}.pub`, `${key.line}\n`);
    const { principals, validity, isForHosts = false, options: limits = [] } = options;
    const parameters = [
      ...(principals === undefined ? [] : ['-n', principals]),
      ...(validity === undefined ? [] : ['-V', validity]),
      ...(isForHosts ? ['-h'] : []),
      ...limits.flatMap((limit) => ['-O', limit]),
    ];
    this.#run(['-q', '-s', authority.path, '-I', 'test', ...parameters, `${path}.pub`]);
    // A private key beside a certificate is signed with when the certificate is named.
    return { path: `${path}-cert.pub`, line: readFileSync(`${path}-cert.pub`, 'utf8').trim() };
  }

  /** Whether ssh-keygen takes the same bytes as a signature in the namespace `file`. */
  accepts(allowedSigners: string, principal: string, signature: Buffer, content: Buffer | string): boolean {
    const [allowed, file] = [this.#file(allowedSigners), this.#file(signature)];
    const parameters = ['-Y', 'verify', '-f', allowed, '-I', principal, '-n', 'file', '-s', file];
    return spawnSync('ssh-keygen', parameters, { input: content, env: { TZ: 'UTC' } }).status === 0;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(parameters: readonly string[], input: Buffer | string = ''): Buffer {
    return execFileSync('ssh-keygen', parameters, { input, stdio: ['pipe', 'pipe', 'pipe'], env: { TZ: 'UTC' } });
  }

  #file(bytes: Buffer | string): string {
    const path = this.#path();
    writeFileSync(path, bytes);
    return path;
  }

  #path(): string {
    return join(this.directory, `file-${this.#files++}`);
  }
}
