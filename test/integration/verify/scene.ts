import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { documentedSchemas, schemaProblems } from '../../support/json-schema.js';
import { needs } from '../../support/needs.js';
import { KeyRoom, type TestKey } from '../../support/servers/keys.js';
import { type Nginx, needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease, type Release } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from '../../support/service/ferry-host.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

/** A check of `ferryctl verify --json=short`. */
export interface Check {
  readonly kind: string;
  readonly verdict: string;
  readonly message: string;
  readonly subject: string | null;
  readonly expected: string | null;
  readonly found: string | null;
  readonly signedBy: string | null;
}

/** What is said of one image. */
export interface Verified {
  readonly status: number | null;
  readonly stderr: string;
  readonly verdict: string;
  readonly checks: readonly Check[];
}

/** A server with a signed release, a keyring with its key, and the product. */
export class VerifyScene {
  private constructor(
    readonly release: Release,
    readonly server: Nginx,
    readonly host: FerryHost,
    readonly keys: KeyRoom,
    readonly signer: TestKey,
    readonly directory: TemporaryDirectory,
  ) {}

  /** Undefined, with the test skipped, where something is missing. Ends with the test. */
  static async open(t: TestContext, options: HostOptions = {}): Promise<VerifyScene | undefined> {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['gpg', 'gpgconf'] })) return undefined;
    const directory = temporaryDirectory(t);
    const keys = new KeyRoom();
    t.after(() => keys[Symbol.dispose]());
    const signer = keys.createKey('Release <release@example.com>', 'ed25519', 'never', '20200101T000000!');
    const release = makeRelease(directory.path);
    const server = await nginx(t, release.path);
    const host = await ferryHost(t, options);
    const scene = new VerifyScene(release, server, host, keys, signer, directory);
    scene.sign();
    scene.trust(keys.export([signer]));
    return scene;
  }

  /** Signs the list of the server anew. */
  sign(): void {
    const list = join(this.release.path, 'SHA256SUMS');
    writeFileSync(`${list}.gpg`, this.keys.sign(this.signer, readFileSync(list)));
  }

  /** Whatever is in the keyring of this host from now on. */
  trust(keyring: Buffer): void {
    const directory = join(this.host.home, 'keyrings');
    mkdirSync(directory, { recursive: true });
    writeFileSync(this.keyring, keyring);
  }

  get keyring(): string {
    return join(this.host.home, 'keyrings', 'keyring.pgp');
  }

  async pull(verb: 'pull-raw' | 'pull-tar', file: string, name: string, ...more: string[]): Promise<void> {
    const options = ['-m', '--verify=signature', `--keyring=${this.keyring}`, ...more];
    const pulled = await this.host.ferryctl([verb, ...options, `${this.server.url}/${file}`, name]);
    assert.equal(pulled.status, 0, pulled.stderr);
  }

  /** Verifies an image with the keyring. */
  async verify(name: string, ...more: string[]): Promise<Verified> {
    const options = ['--json=short', `--keyring=${this.keyring}`, ...more];
    const { status, stdout, stderr } = await this.host.ferryctl(['verify', ...options, name]);
    const documents = JSON.parse(stdout || '[]');
    assert.deepEqual(schemaProblems(documents, documentedSchemas().get('verify') ?? {}), []);
    const [{ verdict = '', checks = [] } = {}] = documents;
    return { status, stderr, verdict, checks };
  }

  image(name: string): string {
    return join(this.host.imageRoot, name);
  }

  /** The file name of the pristine download. */
  pristine(suffix = '.raw'): string {
    const names = readdirSync(this.host.imageRoot).filter((name) => !name.endsWith('.proofs'));
    const found = names.find((name) => /^\.(raw|tar)-/.test(name) && name.endsWith(suffix));
    assert.ok(found, 'a pristine download is kept');
    return found;
  }
}

/** Verdicts by kind, in order. */
export function verdicts({ checks }: Verified): string[] {
  return checks.map(({ kind, verdict }) => `${kind} ${verdict}`);
}

/** Changes one byte of a file, and leaves its mode and name. */
export function flipByte(path: string, position: number): void {
  const descriptor = openSync(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, position);
    writeSync(descriptor, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, position);
  } finally {
    closeSync(descriptor);
  }
}
