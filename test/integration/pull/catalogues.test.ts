import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Layout, layouts, nameOf, titleOf } from '../../support/catalogues/layouts.js';
import { publish, schemesOf } from '../../support/catalogues/publish.js';
import { Publisher, type Scheme } from '../../support/catalogues/publisher.js';
import { flipped, nothing, reasons, type Spoilt, spoilt } from '../../support/catalogues/spoilt.js';
import type { Outcome } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { makeRelease } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { tally } from '../../support/tally.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

/*
 * A real pull from each catalogue's layout, with the verification that is the default. unit/service/verify/catalogues.test.ts has what
 * else may be wrong with them.
 */

/** Beside what is asked for to verify an image, these are. */
const sidecar = /\.(?:nspawn|roothash|roothash\.p7s|verity)$/;

const schemes = ['openpgp', 'minisign', 'signify', 'openssh', 'pkcs7'] as const;
/** Small files that a pull may ask for. */
const requestMax = 24;
/** Catalogues of each kind: a signed list, a signed image, another scheme. */
const typical = ['Ubuntu cloud images', 'Fedora CoreOS', 'Void'];
/** Names that are derived from the image's are tested without a service. */
const isPulled = ({ catalogue }: Layout) => !/^Fedora (?!Cloud$|CoreOS|Rawhide)/.test(catalogue);

const isTree = (layout: Layout) => /\.tar\b/.test(nameOf(layout));

/** A server with images in all layouts, and a service that pulls them. */
class Shop implements AsyncDisposable {
  #folders = 0;
  readonly #images: Readonly<Record<'tree' | 'disk', Buffer>>;

  private constructor(
    readonly directory: TemporaryDirectory,
    readonly publisher: Publisher,
    readonly server: FaultServer,
    readonly host: FerryHost,
  ) {
    const { path } = makeRelease(directory.path);
    this.#images = { tree: readFileSync(join(path, 'tiny.tar')), disk: readFileSync(join(path, 'tiny.raw')) };
    for (const scheme of schemes) writeFileSync(this.#keyring(scheme), publisher.keyring(scheme));
  }

  static async open(t: TestContext): Promise<Shop> {
    return new Shop(temporaryDirectory(t), await Publisher.create(), await FaultServer.start(), await ferryHost(t));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }

  /** Serves an image and what lies beside it in a folder of its own, and gives back the image's URL. */
  async serve(layout: Layout, { conduct, change, changeImage, absent }: Spoilt): Promise<string> {
    const folder = `/${this.#folders++}`;
    const image = this.#images[isTree(layout) ? 'tree' : 'disk'];
    const files = await publish(layout, image, this.publisher, conduct);
    change?.(files, layout);
    for (const [name, bytes] of files) this.server.serve(`${folder}/${encodeURIComponent(name)}`, bytes);
    this.server.absent = answerOf(absent);
    return this.server.serve(`${folder}/${nameOf(layout)}`, changeImage?.(image) ?? image);
  }

  pull(layout: Layout, url: string): Promise<Outcome> {
    const [scheme = 'openpgp'] = schemesOf(layout);
    const verb = isTree(layout) ? 'pull-tar' : 'pull-raw';
    const options = ['-m', '--keep-download=no', `--keyring=${this.#keyring(scheme)}`];
    return this.host.ferryctl([verb, ...options, url, 'pulled']);
  }

  /** What was asked for beside the image, without its sidecars. */
  askedBeside(url: string): string[] {
    const folder = new URL('.', url).pathname;
    const asked = this.server.requests.map((request) => request.url).filter((path) => path.startsWith(folder));
    return asked.filter((path) => !sidecar.test(path) && !url.endsWith(path));
  }

  #keyring(scheme: Scheme): string {
    return this.directory.file(`${scheme}.keys`);
  }
}

function answerOf(absent: Spoilt['absent']): FaultServer['absent'] {
  if (absent === 'forbidden') return { status: 403, body: '<h1>403</h1>' };
  return absent === undefined ? { status: 404, body: '<h1>404</h1>' } : { status: 200, body: absent };
}

const programs = ['tar', 'gzip', 'sha256sum'];

test('pulls from what catalogues publish, with the verification that is the default', async (t) => {
  if (!needsProduct(t) || !needs(t, { programs })) return;
  await using shop = await Shop.open(t);
  for (const layout of layouts.filter(isPulled)) {
    const isSigned = layout.isSigned === true;
    await t.test(`${titleOf(layout)} is ${isSigned ? 'taken' : 'refused'}`, async () => {
      tally('verification cases');
      const url = await shop.serve(layout, nothing);
      const { status, stdout, stderr } = await shop.pull(layout, url);
      assert.ok(shop.askedBeside(url).length <= requestMax, shop.askedBeside(url).join(' '));
      assert.equal(status, isSigned ? 0 : 6, stderr);
      assert.match(stdout + stderr, isSigned ? /signature/ : /Cannot verify/);
      const image = isTree(layout) ? 'pulled' : 'pulled.raw';
      assert.deepEqual(shop.host.images(), isSigned ? [image] : []);
      if (isSigned) await shop.host.ferryctl(['remove-image', 'pulled']);
    });
    if (!isSigned) continue;
    await t.test(`${titleOf(layout)} with a flipped bit in the image places nothing`, async () => {
      tally('verification cases');
      await mustFail(shop, layout, { ...nothing, changeImage: flipped, reasons: ['other bytes', 'bad signature'] });
    });
  }
  assert.doesNotMatch(shop.host.log(), /Warning/, 'what node warns of, say of too many listeners');
});

test('pulls from layouts of each kind with all that may be wrong', async (t) => {
  if (!needsProduct(t) || !needs(t, { programs })) return;
  await using shop = await Shop.open(t);
  for (const layout of layouts.filter(({ catalogue }) => typical.includes(catalogue))) {
    for (const each of spoilt.filter(({ happensTo }) => happensTo?.(layout) !== false)) {
      const { signature } = each.outcome(layout);
      if (signature === 'either') continue;
      await t.test(`${layout.catalogue}, ${each.what}: ${signature}`, async () => {
        tally('verification cases');
        if (signature === 'fails') return mustFail(shop, layout, each);
        const { status, stderr } = await shop.pull(layout, await shop.serve(layout, each));
        assert.equal(status, 0, stderr);
        await shop.host.ferryctl(['remove-image', 'pulled']);
      });
    }
  }
});

async function mustFail(shop: Shop, layout: Layout, each: Spoilt): Promise<void> {
  const { status, stderr } = await shop.pull(layout, await shop.serve(layout, each));
  assert.equal(status, 6);
  const message = stderr.replace(/^[\s\S]*Failed to pull the image: /, '');
  const text = shop.publisher.withoutKeys(message);
  assert.ok(
    each.reasons.some((reason) => reasons[reason].test(text)),
    stderr,
  );
  assert.deepEqual(shop.host.images(), []);
}
