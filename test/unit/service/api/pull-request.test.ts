import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultSizeMax } from '../../../../common/sizes.js';
import { checkPull, type PullWish } from '../../../../service/api/pull-request.js';
import type { Host } from '../../../../service/transfers/host.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { digestOfWrongLength, digestUnusable, twoDigests } from '../../../support/texts/verification.js';
import { fakeHost } from '../transfers/fake-workers.js';
import { isFailure } from '../transfers/samples.js';

const own = { pid: process.pid, uid: process.getuid?.() ?? 0 };
const stranger = { pid: process.pid, uid: 54321 };
const wish: PullWish = { url: 'https://example.org/images/fedora.raw.xz', format: 'raw', class: 'machine' };

function hostWith(environment: NodeJS.ProcessEnv = {}): Host {
  return { ...fakeHost('/nonexistent', {}), environment: { NETRC: '/nonexistent', ...environment } };
}

/** The request, with all that it says beside each other. */
function check(changes: Partial<PullWish>, peer = own, host = hostWith()) {
  const { image, download, ...rest } = checkPull(host, peer, { ...wish, ...changes });
  return { ...image, ...download, ...rest };
}

function isWireError(name: string, parameters: object = {}): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof VarlinkError)) throw error;
    assert.deepEqual([error.name, error.parameters], [`org.varlink.service.${name}`, parameters]);
    return true;
  };
}

test('what is not said has the defaults of the page', () => {
  assert.deepEqual(check({}), {
    url: 'https://example.org/images/fedora.raw.xz',
    remote: 'https://example.org/images/fedora.raw.xz',
    format: 'raw',
    class: 'machine',
    name: 'fedora',
    verification: 'signature',
    digest: undefined,
    checksumFile: undefined,
    keyrings: [],
    force: false,
    readOnly: false,
    keepDownload: true,
    imageRoot: '/var/lib/machines',
    sizeMax: 64 * 1024 ** 3,
    limitRate: undefined,
    resume: true,
    isUnnamed: false,
    strict: false,
    netrc: undefined,
  });
});

test('what is said is kept', () => {
  const request = check({
    name: 'other',
    verify: 'checksum',
    keyrings: [Buffer.from('key').toString('base64')],
    force: true,
    readOnly: true,
    keepDownload: false,
    imageRoot: '/srv/images',
    sizeMax: 5n,
    limitRate: 7,
    strict: true,
  });
  const { name, verification, keyrings, force, readOnly, keepDownload, imageRoot, sizeMax, limitRate, strict } =
    request;
  assert.deepEqual(
    { name, verification, force, readOnly, keepDownload, imageRoot, sizeMax, limitRate, strict },
    {
      name: 'other',
      verification: 'checksum',
      force: true,
      readOnly: true,
      keepDownload: false,
      imageRoot: '/srv/images',
      sizeMax: 5,
      limitRate: 7,
      strict: true,
    },
  );
  assert.deepEqual(keyrings, [Buffer.from('key')]);
});

const keeping: [changes: Partial<PullWish>, kept: boolean][] = [
  [{ class: 'machine' }, true],
  [{ class: 'portable' }, false],
  [{ class: 'sysext' }, false],
  [{ class: 'confext' }, false],
  [{ class: 'machine', keepDownload: false }, false],
  [{ class: 'sysext', keepDownload: true }, true],
  [{ class: 'sysext', pristineOnly: true }, true],
  [{ class: 'sysext', pristineOnly: true, keepDownload: false }, true],
];
for (const [changes, kept] of keeping) {
  test(`${JSON.stringify(changes)} ${kept ? 'keeps' : 'does not keep'} the download`, () => {
    assert.equal(check(changes).keepDownload, kept);
  });
}

test('user name and password stay with the URL that is fetched, and with nothing that is shown', () => {
  const { url, remote } = check({ url: 'https://joe:s3cret@example.org/x.raw?token=1' });
  assert.equal(url, 'https://joe:s3cret@example.org/x.raw?token=1');
  assert.equal(remote, 'https://example.org/x.raw?token=1');
});

const digest = `sha256:${'5f'.repeat(32)}`;
const base64 = Buffer.from('5f'.repeat(32), 'hex').toString('base64');
const digests: [changes: Partial<PullWish>, url: string, digest: string | undefined][] = [
  [{ digest: ` ${digest.toUpperCase()}\n` }, wish.url, digest],
  [{ digest: `sha256-${base64}` }, wish.url, digest],
  [{ url: `${wish.url}#${digest}` }, wish.url, digest],
  [{ url: `${wish.url}#${digest}`, digest }, wish.url, digest],
  [{ url: `${wish.url}#name=x.raw&${digest}` }, `${wish.url}#name=x.raw`, digest],
  [{ url: `${wish.url}#part=1` }, `${wish.url}#part=1`, undefined],
  [{ digest: null }, wish.url, undefined],
];
for (const [changes, url, known] of digests) {
  test(`${JSON.stringify(changes)} is ${known === undefined ? 'no digest' : 'a digest'}, and neither in the URL nor in the cache's name for it`, () => {
    const request = check({ ...changes, verify: 'no' });
    assert.deepEqual([request.url, request.remote, request.digest, request.name], [url, url, known, 'fedora']);
  });
}

for (const text of ['', 'sha256', 'sha256:', `${digest}0`, digest.slice(7), `md5:${'0'.repeat(32)}`, `${digest} x`]) {
  test(`the digest ${JSON.stringify(text.slice(0, 20))} (${text.length}) is refused`, () => {
    assert.throws(() => check({ digest: text }), isWireError('InvalidParameter', { parameter: 'digest' }));
  });
}

test('a fragment that looks like a digest is read or refused, and not ignored', () => {
  const url = `${wish.url}#sha256=5f`;
  const message = digestUnusable(url, digestOfWrongLength('sha256', 64, 2));
  assert.throws(() => check({ url }), { kind: 'InvalidUrl', message, facts: { url } });
  const other = `sha256:${'0'.repeat(64)}`;
  const both = `${wish.url}#${digest}`;
  assert.throws(() => check({ url: both, digest: other }), {
    kind: 'InvalidUrl',
    message: twoDigests(both, other, digest),
  });
});

test('a checksum file is a name beside the image or a URL of the same kind, and is not for --verify=no', () => {
  const file = { url: 'file:///srv/x.raw' };
  const isRefused = isWireError('InvalidParameter', { parameter: 'checksumFile' });
  for (const checksumFile of ['SUMS', 'http://h/SUMS', 'https://h/a/SUMS?b'])
    assert.equal(check({ checksumFile }).checksumFile, checksumFile);
  for (const checksumFile of ['SUMS', 'file:///etc/SUMS'])
    assert.equal(check({ ...file, checksumFile }).checksumFile, checksumFile);
  for (const checksumFile of ['', '..', 'a/b', '/etc/shadow', 'a b', 'a?b', 'ftp://h/x', 'file:///etc/SUMS'])
    assert.throws(() => check({ checksumFile }), isRefused);
  assert.throws(() => check({ ...file, checksumFile: 'http://h/SUMS' }), isRefused);
  assert.throws(() => check({ checksumFile: 'SUMS', verify: 'no' }), isRefused);
  assert.throws(() => check({ checksumFile: 'file:///etc/shadow' }, stranger), isRefused);
  assert.equal(check({ checksumFile: null, verify: 'no' }).checksumFile, undefined);
});

for (const url of [
  '',
  'ftp://example.org/x',
  '/etc/passwd',
  'http://',
  'https://exa mple.org/x',
  'file://host/x',
  'HTTP:/x',
]) {
  test(`the URL ${JSON.stringify(url)} is refused`, () => {
    assert.throws(() => check({ url }), isFailure('InvalidUrl', /URL/));
  });
}

test('a URL that is refused does not show its password', () => {
  assert.throws(
    () => check({ url: 'ftp://joe:s3cret@example.org/x' }),
    (error) => isFailure('InvalidUrl')(error) && !JSON.stringify([error, String(error)]).includes('s3cret'),
  );
});

for (const name of ['', '.', '..', 'a/b', '.#x', 'a\nb', 'x'.repeat(256), '\ud800']) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} is refused`, () => {
    assert.throws(() => check({ name }), isFailure('InvalidName'));
  });
}

test('a URL that names no image needs a name, which the server may give', () => {
  const { name, isUnnamed, keepDownload } = check({ url: 'https://example.org/', class: 'sysext' });
  assert.deepEqual([name, isUnnamed, keepDownload], [undefined, true, false]);
  assert.deepEqual(check({ url: 'https://example.org/', name: 'x' }).name, 'x');
  assert.throws(() => check({ url: 'https://example.org/.raw' }), isFailure('InvalidName'));
});

test('the pristine download alone has no name', () => {
  assert.equal(check({ pristineOnly: true }).name, undefined);
  assert.throws(() => check({ pristineOnly: true, name: 'x' }), isWireError('InvalidParameter', { parameter: 'name' }));
  const { name, isUnnamed } = check({ pristineOnly: true, url: 'https://example.org/' });
  assert.deepEqual([name, isUnnamed], [undefined, false]);
});

for (const imageRoot of ['', 'relative', './x', '/a/../b', '/a/./b', '/a//b', '/a\0b']) {
  test(`the image root ${JSON.stringify(imageRoot)} is refused`, () => {
    assert.throws(() => check({ imageRoot }), isWireError('InvalidParameter', { parameter: 'imageRoot' }));
  });
}

test('a slash at the end of an image root does not matter', () => {
  assert.equal(check({ imageRoot: '/srv/images/' }).imageRoot, '/srv/images');
  assert.equal(check({ imageRoot: '/' }).imageRoot, '/');
});

test('strangers may choose neither an image root nor a file', () => {
  assert.throws(() => check({ imageRoot: '/srv' }, stranger), isWireError('PermissionDenied'));
  assert.throws(() => check({ url: 'file:///etc/shadow' }, stranger), isWireError('PermissionDenied'));
  assert.throws(() => check({ url: 'FILE:///etc/shadow' }, stranger));
  assert.equal(check({}, stranger).imageRoot, '/var/lib/machines');
  assert.equal(check({ url: 'file:///srv/x.raw' }).name, 'x');
});

for (const value of [0, -1, 0n, -5n]) {
  for (const parameter of ['sizeMax', 'limitRate'] as const) {
    test(`${parameter} ${value} is refused`, () => {
      assert.throws(() => check({ [parameter]: value }), isWireError('InvalidParameter', { parameter }));
    });
  }
}

test('a bound beyond what can be counted is the largest that can be', () => {
  for (const sizeMax of [2n ** 63n - 1n, 2n ** 64n - 1n])
    assert.equal(check({ sizeMax }).sizeMax, Number.MAX_SAFE_INTEGER);
});

test('a size that is not given is 64 GiB', () => {
  assert.equal(defaultSizeMax, 68_719_476_736);
  assert.equal(check({ sizeMax: null }).sizeMax, defaultSizeMax);
});

test('only the own user gets the passwords of the own netrc', (t) => {
  const path = temporaryDirectory(t).file('netrc');
  writeFileSync(path, 'machine example.org login joe password s3cret');
  const host = hostWith({ NETRC: path });
  assert.equal(check({}, own, host).netrc, 'machine example.org login joe password s3cret');
  assert.equal(check({}, stranger, host).netrc, undefined);
});

test('without a home there is no directory for the images of a user, and the message says what is missing', () => {
  const host: Host = { ...hostWith({ HOME: undefined, XDG_STATE_HOME: undefined }), scope: 'user' };
  assert.throws(() => check({}, own, host), {
    kind: 'FileSystemError',
    message: 'Cannot find a directory for your images: neither $XDG_STATE_HOME nor $HOME is set to an absolute path',
  });
  const withHome: Host = { ...hostWith({ XDG_STATE_HOME: '/home/joe/state' }), scope: 'user' };
  assert.equal(check({}, own, withHome).imageRoot, '/home/joe/state/machines');
});
