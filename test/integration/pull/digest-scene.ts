import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../../support/files.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';

export const disk = someBytes(300_000);
export const given = `sha256:${sha256(disk)}`;
export const zeros = '0'.repeat(64);
export const sha512 = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');

/** A service, and a server with the disk, which has no checksum file unless a test serves one. */
export class Scene {
  private constructor(
    readonly host: FerryHost,
    readonly web: FaultServer,
    readonly url: string,
  ) {}

  static async open(t: TestContext): Promise<Scene | undefined> {
    if (!needsProduct(t)) return undefined;
    const host = await ferryHost(t);
    const web = await FaultServer.start();
    t.after(() => web[Symbol.asyncDispose]());
    return new Scene(host, web, web.serve('/disk.raw', disk, { etags: ['"one"'] }));
  }

  ferryctl(...parameters: string[]) {
    return this.host.ferryctl(['pull-raw', '-m', ...parameters]);
  }

  /** Pulls with success, and gives back the result. */
  async pull(...parameters: string[]): Promise<Record<string, unknown> & { said: string }> {
    const { status, stdout, stderr } = await this.ferryctl('--json=short', ...parameters);
    assert.equal(status, 0, stderr);
    return { ...JSON.parse(stdout), said: stderr };
  }

  /** Pulls what fails its verification, and gives back the last line that was said. */
  refusal(...parameters: string[]): Promise<string> {
    return this.failure(6, ...parameters);
  }

  /** As refusal(), with another exit status. */
  async failure(expected: number, ...parameters: string[]): Promise<string> {
    const before = this.host.images();
    const { status, stderr } = await this.ferryctl(...parameters);
    assert.equal(status, expected, stderr);
    assert.deepEqual(this.host.images(), before, 'something was placed');
    return stderr.trimEnd().split('\n').at(-1) ?? '';
  }

  /** What was asked for so far; forgotten afterwards. */
  asked(): string[] {
    return this.web.requests.splice(0).map(({ url }) => url);
  }

  image(name: string): Buffer {
    return readFileSync(join(this.host.imageRoot, name));
  }
}
