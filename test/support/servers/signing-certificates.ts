import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate with its private key, as openssl keeps them. */
export interface TestCertificate {
  /** The path of the certificate, PEM. */
  readonly path: string;
  readonly keyPath: string;
  readonly pem: string;
}

export interface CertificateOptions {
  /** Who issues it; the certificate itself if undefined. */
  readonly issuer?: TestCertificate;
  /** Lines of openssl's x509v3_config(5). */
  readonly extensions?: readonly string[];
  /** As `openssl genpkey` takes it: an algorithm, then options. */
  readonly key?: readonly string[];
  /** `20200101000000Z` */
  readonly from?: string;
  readonly to?: string;
  readonly digest?: string;
  /** Instead of a new key that of another certificate. */
  readonly sameKey?: TestCertificate;
}

export const authority = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
const leaf = ['basicConstraints=CA:FALSE'];

const configuration = (directory: string) => `
[ca]
default_ca = here
[here]
database = ${directory}/index.txt
new_certs_dir = ${directory}
rand_serial = yes
unique_subject = no
policy = any
default_md = sha256
[any]
commonName = supplied
`;

/** A directory with certificates of openssl, for the time of a test: real ones, and real signatures. */
export class CertificateRoom implements Disposable {
  readonly directory = mkdtempSync('/var/tmp/ferry-certificates-');
  #files = 0;

  constructor() {
    writeFileSync(join(this.directory, 'index.txt'), '');
    writeFileSync(join(this.directory, 'ca.cnf'), configuration(this.directory));
  }

  create(name: string, options: CertificateOptions = {}): TestCertificate {
    const { issuer, extensions = leaf, key = ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], digest = 'sha256' } = options;
    const { from = '20200101000000Z', to = '20991231235959Z', sameKey } = options;
    const [path, request, extensionFile] = [this.#path(), this.#path(), this.#path()];
    const keyPath = sameKey?.keyPath ?? this.#path();
    if (!sameKey) this.openssl(['genpkey', '-algorithm', ...key, '-out', keyPath]);
    writeFileSync(extensionFile, `[v3]\n${extensions.join('\n')}\n`);
    this.openssl(['req', '-new', '-key', keyPath, '-subj', `/CN=${name}`, '-out', request]);
    const by = issuer ? ['-cert', issuer.path, '-keyfile', issuer.keyPath] : ['-selfsign', '-keyfile', keyPath];
    const digestOf = /^ed/i.test(key[0] ?? '') && !issuer ? [] : ['-md', digest];
    const times = ['-startdate', from, '-enddate', to];
    const extending = ['-extfile', extensionFile, '-extensions', 'v3'];
    const common = ['ca', '-batch', '-notext', '-config', join(this.directory, 'ca.cnf')];
    this.openssl([...common, ...by, ...digestOf, ...times, ...extending, '-in', request, '-out', path]);
    return { path, keyPath, pem: readFileSync(path, 'utf8') };
  }

  /** Signs; the format is DER unless the options say otherwise. `program` is `cms` or `smime`. */
  sign(program: string, signer: TestCertificate, content: Buffer | string, options: readonly string[] = []): Buffer {
    const form = options.includes('-outform') ? [] : ['-outform', 'DER'];
    const files = ['-in', this.file(content), '-signer', signer.path, '-inkey', signer.keyPath];
    return this.openssl([program, '-sign', '-binary', ...form, ...files, ...options]);
  }

  /** Whether openssl takes the same bytes as a signature of the content by somebody whom one of the certificates makes trusted. */
  accepts(program: string, trusted: string, signature: Buffer, content: Buffer | string, form = 'DER'): boolean {
    const roots = ['-CAfile', this.file(trusted), '-no-CApath', '-no-CAstore', '-partial_chain'];
    const files = ['-in', this.file(signature), '-content', this.file(content), '-certfile', this.file(trusted)];
    const parameters = [program, '-verify', '-binary', '-inform', form, ...files, ...roots, '-out', '/dev/null'];
    return spawnSync('openssl', parameters, { stdio: 'ignore' }).status === 0;
  }

  openssl(parameters: readonly string[]): Buffer {
    return execFileSync('openssl', parameters, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  }

  file(bytes: Buffer | string): string {
    const path = this.#path();
    writeFileSync(path, bytes);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #path(): string {
    return join(this.directory, `file-${this.#files++}`);
  }
}
