import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { needs } from '../needs.js';
import { endChild, onFreePort } from '../servers/ports.js';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary.js';
import { waitWhile } from '../wait.js';

export interface DockerRegistry extends AsyncDisposable {
  /** What a reference begins with: `127.0.0.1:PORT`. */
  readonly host: string;
  /** Such as `http://127.0.0.1:PORT/v2/`. */
  readonly base: string;
}

export interface DockerRegistryOptions {
  /** Lets in only who logs in as `registryLogin`. */
  readonly htpasswd?: boolean;
  /** Lets in only who has a token of this server, whose certificate is a PEM file. */
  readonly token?: { readonly realm: string; readonly certificateFile: string };
}

/** Who a registry with htpasswd lets in. */
export const registryLogin = { user: 'ferry', password: 'secret' } as const;
/** crypt(3) of the password: registries take bcrypt alone. */
const passwordLine = 'ferry:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

export function needsDockerRegistry(t: TestContext, ...programs: string[]): boolean {
  return needs(t, { programs: ['docker-registry', 'setpriv', ...programs] });
}

/** A real registry on a free loopback port, empty, which takes what is pushed: `await using registry = await dockerRegistry(t);` */
export async function dockerRegistry(t?: TestContext, options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  return await onFreePort((port) => startRegistry(t, options, port));
}

async function startRegistry(t: TestContext | undefined, options: DockerRegistryOptions, port: number) {
  const home = temporaryDirectory();
  mkdirSync(home.file('data'));
  writeFileSync(home.file('htpasswd'), passwordLine);
  writeFileSync(home.file('config.yml'), configuration(home, options, port));
  // Not even a killed test leaves a server behind.
  const parameters = ['--pdeathsig', 'TERM', 'docker-registry', 'serve', home.file('config.yml')];
  const child = spawn('setpriv', parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const stop = async () => {
    await endChild(child);
    await home[Symbol.asyncDispose]();
  };
  t?.after(stop);
  await answers(child, said);
  return { host: `127.0.0.1:${port}`, base: `http://127.0.0.1:${port}/v2/`, [Symbol.asyncDispose]: stop };
}

function configuration(home: TemporaryDirectory, { htpasswd, token }: DockerRegistryOptions, port: number): string {
  const basic = `auth: {htpasswd: {realm: Test, path: '${home.file('htpasswd')}'}}\n`;
  const bearer = `auth: {token: {realm: '${token?.realm}', service: test, issuer: test, rootcertbundle: '${token?.certificateFile}'}}\n`;
  return `version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: '${home.file('data')}'}, delete: {enabled: true}}
http: {addr: '127.0.0.1:${port}'}
${htpasswd ? basic : ''}${token === undefined ? '' : bearer}`;
}

/** Go says in lower case that a port is taken. */
async function answers(child: ChildProcess, said: readonly Buffer[]): Promise<void> {
  await waitWhile(() => {
    const words = Buffer.concat(said).toString().replace('address already in use', 'Address already in use');
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}: ${words}`);
    return !words.includes('listening on ');
  });
}
