import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { run } from '../command.js';
import { needs } from '../needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary.js';
import { waitWhile } from '../wait.js';
import { acceptsConnections, endChild, onFreePort } from './ports.js';

export interface Nginx extends AsyncDisposable {
  /** The URL of the served directory, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** One line a request that has ended: method, path, status, bytes of the body, and the Range that was asked for, or `-`. */
  accessLog(): Promise<string[]>;
}

export interface NginxOptions {
  /** A certificate for `localhost` and its key, both PEM, to serve by https; see `makeCertificate()`. */
  tls?: Certificate;
}

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for `localhost` that signs itself, in a directory: who is to accept it has to trust `certificate`. */
export function makeCertificate(directory: string): Certificate {
  const made = { certificate: join(directory, 'certificate.pem'), key: join(directory, 'key.pem') };
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  run('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', made.key, '-out', made.certificate]);
  return made;
}

export function needsNginx(t: TestContext): boolean {
  return needs(t, { programs: ['nginx', 'setpriv'] });
}

/**
 * Serves a directory by a real nginx on a free loopback port, with ETag and Range as it has them by default:
 * `await using server = await nginx(t, directory);`
 */
export async function nginx(t: TestContext | undefined, directory: string, { tls }: NginxOptions = {}): Promise<Nginx> {
  return await onFreePort((port) => startNginx(t, directory, tls, port));
}

async function startNginx(t: TestContext | undefined, directory: string, tls: Certificate | undefined, port: number) {
  const home = temporaryDirectory();
  const log = home.file('access.log');
  writeFileSync(home.file('nginx.conf'), configuration(home.path, directory, port, tls));
  // Not even a killed test leaves a server behind.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'TERM', 'nginx', '-c', home.file('nginx.conf'), '-p', home.path, '-e', home.file('error.log')],
    {
      stdio: 'ignore',
    },
  );
  const stop = async () => {
    await endChild(child);
    await home[Symbol.asyncDispose]();
  };
  t?.after(stop);
  await answers(port, child, home);
  const url = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  const accessLog = async () => {
    if (tls !== undefined) throw new Error('The access log is only for plain servers');
    // The one worker writes its lines in order, so those of earlier requests are there when it has answered this one.
    await (await fetch(`${url}${marker}`)).arrayBuffer();
    return readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.includes(marker));
  };
  return { url, port, accessLog, [Symbol.asyncDispose]: stop };
}

const marker = '/.marker-of-the-access-log';

/** Workers run as root where the master does: fixtures of other tests may be closed to www-data. */
function configuration(home: string, directory: string, port: number, tls: Certificate | undefined): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  return `daemon off;
master_process on;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root root;' : ''}
pid ${home}/pid;
events { worker_connections 512; }
http {
  ${temporary.join('\n  ')}
  types {}
  default_type application/octet-stream;
  sendfile on;
  log_format short '$request_method $request_uri $status $body_bytes_sent $asked';
  map $http_range $asked { '' '-'; default $http_range; }
  access_log ${home}/access.log short;
  server {
    listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};
    ${tls === undefined ? '' : `ssl_certificate ${tls.certificate}; ssl_certificate_key ${tls.key};`}
    location / { root ${directory}; autoindex on; }
  }
}
`;
}

async function answers(port: number, child: ChildProcess, home: TemporaryDirectory): Promise<void> {
  await waitWhile(async () => {
    if (child.exitCode !== null)
      throw new Error(`nginx ended with ${child.exitCode}: ${readFileSync(home.file('error.log'), 'utf8')}`);
    // It writes its number once it has the port: before, somebody else may answer there.
    return !(existsSync(home.file('pid')) && (await acceptsConnections(port)));
  });
}
