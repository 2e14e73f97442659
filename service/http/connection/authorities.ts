import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../../common/environment.js';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { errnoName } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';

// Where Debian, Fedora, SUSE, Alpine and OpenSSL itself keep the certificates that the host trusts.
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The certificates that the host trusts, as PEM: those of SSL_CERT_FILE and SSL_CERT_DIR if set, else the system's
 * bundle, and NODE_EXTRA_CA_CERTS beside them; undefined (node's built-in ones) if the host has none.
 *
 * @throws Failure FileSystemError when a file or directory that a variable names cannot be read
 */
export function certificateAuthorities(environment: Environment): string[] | undefined {
  const chosen = named(environment);
  const extra = environment['NODE_EXTRA_CA_CERTS'];
  const found = chosen ?? systemBundle();
  if (!found) return undefined;
  return extra ? [...found, reading('NODE_EXTRA_CA_CERTS', extra, () => readFileSync(extra, 'utf8'))] : found;
}

function named(environment: Environment): string[] | undefined {
  const file = environment['SSL_CERT_FILE'];
  const directory = environment['SSL_CERT_DIR'];
  if (!file && !directory) return undefined;
  const fromFile = file ? [reading('SSL_CERT_FILE', file, () => readFileSync(file, 'utf8'))] : [];
  const inDirectories = (directory ?? '').split(':').filter((path) => path !== '');
  return [...fromFile, ...inDirectories.flatMap((path) => reading('SSL_CERT_DIR', path, () => certificatesIn(path)))];
}

/** Whoever set a variable hears of it, and not of the server that was about to be asked. */
function reading<Value>(variable: string, path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const errorName = errnoName(error);
    if (errorName === undefined) throw error;
    const reason = errnoWords(errorName) ?? errorName;
    const message = `Cannot read the certificates '${escapeText(path)}' ($${variable}): ${reason}`;
    throw new Failure('FileSystemError', message, { path, errorName });
  }
}

// OpenSSL looks certificates up by the hash in the file name (c_rehash); all of these are loaded instead.
function certificatesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^[0-9a-f]{8}\.\d+$|\.(pem|crt)$/.test(name))
    .map((name) => readFileSync(join(directory, name), 'utf8'));
}

function systemBundle(): string[] | undefined {
  for (const path of bundles) {
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // The next distribution's place.
    }
  }
  return undefined;
}
