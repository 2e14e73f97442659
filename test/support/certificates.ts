import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
}

/** A certificate authority for the time of a test. */
export class TestAuthority implements Disposable {
  readonly directory = mkdtempSync('/var/tmp/ferry-authority-');
  #count = 0;

  constructor() {
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=Ferry test authority',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
  }

  /** The path of the authority's own certificate, for SSL_CERT_FILE. */
  get file(): string {
    return join(this.directory, 'ca.pem');
  }

  /** A certificate for a host name. `days` may be negative: it has expired then. */
  issue(name: string, days = 30): TestCertificate {
    const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map(
      (suffix) => `${++this.#count}.${suffix}`,
    );
    writeFileSync(join(this.directory, `${extensions}`), `subjectAltName=DNS:${name}\n`);
    this.#openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${key}`,
      '-out',
      `${request}`,
    );
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${request}`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      `${extensions}`,
      '-out',
      `${certificate}`,
    );
    return {
      key: readFileSync(join(this.directory, `${key}`), 'utf8'),
      certificate: readFileSync(join(this.directory, `${certificate}`), 'utf8'),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #openssl(...parameters: string[]): void {
    execFileSync('openssl', parameters, { cwd: this.directory, stdio: 'pipe' });
  }
}
