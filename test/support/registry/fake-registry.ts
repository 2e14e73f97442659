import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestCertificate } from '../servers/certificates.js';
import { FaultServer, type Faults, type RecordedRequest } from '../servers/fault-server.js';
import type { Blob, Image } from './images.js';

/** Who is let in, and how. */
export type RegistryDoor =
  | { readonly kind: 'open' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'bearer';
      /** Who gets a token; anybody if absent. */
      readonly user?: string;
      readonly password?: string;
      /** Who has this gets a token by POST. */
      readonly refreshToken?: string;
      /** How many requests a token is good for; all by default. */
      readonly usesMax?: number;
      /** The key of the answer that has the token: `token` by default. */
      readonly key?: 'token' | 'access_token';
      /** Other challenges, before the one for a token. */
      readonly before?: readonly string[];
      /** Where tokens are given out, instead of here. */
      readonly realm?: string;
    }
  /** 401 for ever, with these challenges. */
  | { readonly kind: 'closed'; readonly challenges: readonly string[] };

/**
 * A registry on loopback that keeps images in memory and does to them what networks and servers do. It is made of a
 * FaultServer, whose faults each manifest and each blob can have. It takes nothing: docker-registry.ts does.
 */
export class FakeRegistry implements AsyncDisposable {
  readonly server: FaultServer;
  /** May be changed while it runs. */
  door: RegistryDoor = { kind: 'open' };
  /** How many tokens were given out. */
  tokens = 0;
  readonly #uses = new Map<string, number>();

  private constructor(server: FaultServer) {
    this.server = server;
    server.guard = (request, response) => this.#mayPass(request, response);
    server.absent = { status: 404, body: errorBody('NAME_UNKNOWN', 'not here') };
    server.serve('/v2/', '{}');
    server.serve('/token', '', { hook: (request, response) => this.#giveToken(request, response) });
  }

  /** By https if it is given a certificate, for the name localhost. */
  static async start(certificate: TestCertificate | null = null): Promise<FakeRegistry> {
    return new FakeRegistry(await FaultServer.start(certificate));
  }

  /** What a reference begins with: `127.0.0.1:PORT`, or `localhost:PORT` with a certificate. */
  get host(): string {
    return new URL(this.server.url('/')).host;
  }

  /** Such as `http://127.0.0.1:PORT/v2/`. */
  get base(): string {
    return this.server.url('/v2/');
  }

  get requests(): readonly RecordedRequest[] {
    return this.server.requests;
  }

  /** Serves all of an image, under these tags and under its digest. Gives back `HOST/REPOSITORY`. */
  push(repository: string, image: Image, ...tags: string[]): string {
    for (const blob of image.blobs) this.blob(repository, blob);
    for (const manifest of [image.manifest, ...image.manifests]) this.manifest(repository, manifest.digest, manifest);
    for (const tag of tags) this.manifest(repository, tag, image.manifest);
    return `${this.host}/${repository}`;
  }

  /** Serves a manifest or index under a tag or a digest, whatever is in it. */
  manifest(
    repository: string,
    reference: string,
    { bytes, mediaType }: Omit<Blob, 'digest'>,
    faults: Faults = {},
  ): void {
    const headers = { 'Content-Type': mediaType, ...faults.headers };
    this.server.serve(`/v2/${repository}/manifests/${reference}`, bytes, { etags: ['none'], ...faults, headers });
  }

  /** Serves bytes under a digest, whether or not they have it. */
  blob(repository: string, { digest, bytes }: Omit<Blob, 'mediaType'>, faults: Faults = {}): void {
    const headers = { 'Content-Type': 'application/octet-stream', ...faults.headers };
    this.server.serve(`/v2/${repository}/blobs/${digest}`, bytes, { etags: [`"${digest}"`], ...faults, headers });
  }

  /** The requests for paths that contain this, in order. */
  requestsFor(part: string): readonly RecordedRequest[] {
    return this.requests.filter(({ url }) => url.includes(part));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  #mayPass(request: IncomingMessage, response: ServerResponse): boolean {
    const { door } = this;
    if (door.kind === 'open' || !/^\/v2\//.test(request.url ?? '')) return true;
    const { authorization } = request.headers;
    if (door.kind === 'basic' && isLogin(authorization, door.user, door.password)) return true;
    if (door.kind === 'bearer' && this.#isGood(authorization, door.usesMax)) return true;
    response.writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': this.#challenges(request) });
    response.end(errorBody('UNAUTHORIZED', 'authentication required'));
    return false;
  }

  #isGood(authorization: string | undefined, usesMax = Number.POSITIVE_INFINITY): boolean {
    const uses = this.#uses.get(authorization ?? '');
    if (authorization === undefined || uses === undefined || uses >= usesMax) return false;
    this.#uses.set(authorization, uses + 1);
    return true;
  }

  #challenges(request: IncomingMessage): string[] {
    const { door } = this;
    if (door.kind === 'closed') return [...door.challenges];
    if (door.kind !== 'bearer') return ['Basic realm="Fake registry"'];
    const repository = /^\/v2\/(.+)\/(manifests|blobs|tags)\//.exec(request.url ?? '')?.[1];
    const scope = repository === undefined ? '' : `,scope="repository:${repository}:pull"`;
    return [...(door.before ?? []), `Bearer realm="${door.realm ?? this.server.url('/token')}",service="fake"${scope}`];
  }

  #giveToken(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.#answerToken(request, Buffer.concat(chunks).toString(), response));
  }

  #answerToken(request: IncomingMessage, body: string, response: ServerResponse): void {
    const { door } = this;
    if (door.kind !== 'bearer') return void response.writeHead(404).end();
    const isRefresh =
      door.refreshToken !== undefined && new URLSearchParams(body).get('refresh_token') === door.refreshToken;
    const isKnown = door.user === undefined || isLogin(request.headers.authorization, door.user, door.password ?? '');
    if (request.method === 'POST' ? !isRefresh : !isKnown) {
      response.writeHead(401, { 'Content-Type': 'application/json' });
      return void response.end(errorBody('UNAUTHORIZED', 'incorrect username or password'));
    }
    const token = `token-${++this.tokens}`;
    this.#uses.set(`Bearer ${token}`, 0);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ [door.key ?? 'token']: token, expires_in: 300 }));
  }
}

function isLogin(header: string | undefined, user: string, password: string): boolean {
  return header === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** As the distribution specification has errors. */
function errorBody(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message, detail: null }] });
}
