import { randomUUID, sign, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TestAuthority } from '../servers/certificates.js';
import { FaultServer } from '../servers/fault-server.js';

/** Gives out the tokens that docker-registry takes: JSON Web Tokens (RFC 7519) with the certificate of their key. */
export class TokenServer implements AsyncDisposable {
  readonly realm: string;
  readonly certificateFile: string;
  /** What was asked for, in order, without its answers. */
  readonly scopes: string[] = [];
  readonly #server: FaultServer;
  readonly #authority: TestAuthority;

  private constructor(server: FaultServer, authority: TestAuthority, login: { user: string; password: string }) {
    this.#server = server;
    this.#authority = authority;
    this.certificateFile = authority.file;
    const { key, certificate } = authority.issue('token.example');
    const chain = [new X509Certificate(certificate).raw.toString('base64')];
    const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    this.realm = server.serve('/token', '', {
      hook: (request, response) => {
        const isKnown = request.headers.authorization === expected;
        response.writeHead(isKnown ? 200 : 401, { 'Content-Type': 'application/json' });
        response.end(isKnown ? JSON.stringify({ token: this.#token(request, key, chain) }) : '{}');
      },
    });
  }

  static async start(login: { user: string; password: string }): Promise<TokenServer> {
    return new TokenServer(await FaultServer.start(), new TestAuthority(), login);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#authority[Symbol.dispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  #token(request: IncomingMessage, key: string, chain: readonly string[]): string {
    const scopes = new URL(request.url ?? '', this.#server.url('/')).searchParams.getAll('scope');
    this.scopes.push(...scopes);
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const claims = {
      iss: 'test',
      aud: 'test',
      sub: '',
      jti: randomUUID(),
      iat: now,
      nbf: now - 60,
      exp: now + 300,
      access,
    };
    const parts = [{ typ: 'JWT', alg: 'ES256', x5c: chain }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }
}
