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
    this.#sign(`${request}`, `${extensions}`, `${certificate}`, days);
    return {
      key: readFileSync(join(this.directory, `${key}`), 'utf8'),
      certificate: readFileSync(join(this.directory, `${certificate}`), 'utf8'),
    };
  }

  /** By ca, not x509: of that, versions since 3.2 take no end before the start, and those before 3.4 no start. */
  #sign(request: string, extensions: string, certificate: string, days: number): void {
    const settings =
      'database=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n';
    writeFileSync(join(this.directory, 'ca.conf'), `[ca]\ndefault_ca=own\n[own]\n${settings}`);
    writeFileSync(join(this.directory, 'index'), '');
    const dates = ['-startdate', timeOf(Math.min(days, 0) - 1), '-enddate', timeOf(days)];
    const files = [
      '-in',
      request,
      '-out',
      certificate,
      '-extfile',
      extensions,
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
    ];
    this.#openssl('ca', '-batch', '-notext', '-config', 'ca.conf', '-rand_serial', ...dates, ...files);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #openssl(...parameters: string[]): void {
    execFileSync('openssl', parameters, { cwd: this.directory, stdio: 'pipe' });
  }
}

/** Days from now as openssl takes it: YYYYMMDDHHMMSSZ. */
function timeOf(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}
