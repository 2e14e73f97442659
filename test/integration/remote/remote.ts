import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost, imageRootFor, needsProduct } from '../../support/service/ferry-host.js';
import { type ClientEnd, type ClientOptions, type ClientRun, startClient } from './client.js';
import { type SshHost, sshHost } from './ssh-host.js';

/** A service, and a host that leads to it. */
export interface Remote {
  readonly ferry: FerryHost;
  readonly ssh: SshHost;
  /** A path in a directory of the test's. */
  readonly file: (name: string) => string;
  start(parameters: readonly string[], options?: ClientOptions): ClientRun;
  /** Runs a verb there. */
  ferryctl(parameters: readonly string[], input?: Buffer): Promise<ClientEnd>;
}

/** Undefined if the test was skipped. */
export async function remote(t: TestContext): Promise<Remote | undefined> {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['sshd', 'ssh', 'ssh-keygen', 'tar'] })) return undefined;
  const ferry = await ferryHost(t);
  const ssh = await sshHost(t, ferry);
  const start = (parameters: readonly string[], options: ClientOptions = {}) =>
    startClient([`--host=${ssh.name}`, ...imageRootFor(parameters, ferry.imageRoot), ...parameters], {
      ...options,
      environment: { ...ssh.environment, ...options.environment },
    });
  return {
    ferry,
    ssh,
    file: (name) => join(ssh.directory, name),
    start,
    ferryctl: (parameters, input) => start(parameters, input === undefined ? {} : { input }).ended,
  };
}
