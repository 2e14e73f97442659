import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Key } from 'openpgp';
import { readEntryKeyrings } from '../../service/transfers/kinds/trust.js';
import { readTrustEntries } from '../../service/transfers/kinds/trust-files.js';
import { readOpenpgpKeys } from '../../service/verify/keys.js';
import { chooseEntry } from '../../service/verify/trust/choose.js';
import type { TrustEntry } from '../../service/verify/trust/entry.js';
import type { SourceFile, Sources } from '../../tools/trust/sources.js';
import { judge, type Verdict } from '../support/catalogues/judge.js';
import { Publisher } from '../support/catalogues/publisher.js';
import { projectFile } from '../support/project.js';
import { needsProduct } from '../support/service/ferry-host.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The trust that is shipped, and the images of the world that it is for. */
const directory = projectFile('trust');
const sources = JSON.parse(readFileSync(join(directory, 'sources.json'), 'utf8')) as Sources;
const entries = await readTrustEntries([directory]);
const names = entries.map(({ name }) => name);

function filesOf(publisher: string): SourceFile[] {
  return sources.files.filter((file) => file.publisher === publisher);
}

test('there is an entry for each publisher that keys are shipped of, and a keyring for each entry', () => {
  assert.deepEqual([...new Set(sources.files.map(({ publisher }) => publisher))].sort(), [...names].sort());
  const expected = ['sources.json', ...names.flatMap((name) => [`${name}.asc`, `${name}.conf`])];
  assert.deepEqual(readdirSync(directory).sort(), expected.sort());
  const packages = sources.packages.map(({ name }) => name);
  for (const file of sources.files) assert.ok(packages.includes(file.package), file.package);
  for (const { name, licence } of sources.packages) assert.notEqual(licence, '', name);
});

test('the product has the same entries and keyrings beside its programs', (t) => {
  if (!needsProduct(t)) return;
  const product = projectFile('dist', 'trust.d');
  const shipped = readdirSync(directory).filter((name) => name !== 'sources.json');
  assert.deepEqual(readdirSync(product).sort(), shipped.sort());
  for (const name of shipped) {
    assert.equal(readFileSync(join(product, name), 'latin1'), readFileSync(join(directory, name), 'latin1'), name);
  }
});

for (const entry of entries) {
  test(`the shipped entry ${entry.name} is read without a fault, and refuses nothing that works without it`, () => {
    assert.deepEqual(entry.faults, []);
    assert.equal(entry.mayCoverAll, false);
    assert.ok(entry.patterns.length > 0 && entry.description !== undefined);
    // With one of these, --keyring= and --verify=checksum would be refused.
    assert.deepEqual([entry.minimum, entry.fingerprints, entry.requireSigners], [undefined, [], 1]);
    const [own, ...ofHost] = entry.keySources;
    assert.deepEqual([own?.text, own?.isOptional], [`${entry.name}.asc`, false]);
    for (const { text, isOptional } of ofHost) assert.ok(isOptional && text.startsWith('/'), text);
  });

  test(`the keyring of ${entry.name} holds the keys of sources.json, which can sign, and no others`, async () => {
    const path = join(directory, `${entry.name}.asc`);
    const bytes = readFileSync(path);
    assert.doesNotMatch(bytes.toString(), /PRIVATE KEY/);
    const keys = await readOpenpgpKeys({ path, bytes });
    const facts = filesOf(entry.name).flatMap((file) => file.keys);
    assert.deepEqual(
      keys.map((key) => [fingerprint(key), key.getUserIDs(), key.subkeys.map(fingerprint)]),
      facts.map((each) => [each.fingerprint, each.users, each.subkeys]),
    );
    for (const [index, key] of keys.entries()) await assertSigns(key, facts[index]?.expires ?? undefined);
  });
}

function fingerprint(key: { getFingerprint(): string }): string {
  return key.getFingerprint().toUpperCase();
}

/** As of now, or of the day before it expired: that a key expires must not fail a test. */
async function assertSigns(key: Key, expires: string | undefined): Promise<void> {
  const end = await key.getExpirationTime();
  assert.equal(end instanceof Date ? end.toISOString().slice(0, 10) : undefined, expires);
  const lastDay = end instanceof Date ? end.getTime() - 24 * 60 * 60 * 1000 : Number.POSITIVE_INFINITY;
  const signing = await key.getSigningKey(undefined, new Date(Math.min(Date.now(), lastDay)));
  assert.ok(fingerprint(signing) === fingerprint(key) || key.subkeys.map(fingerprint).includes(fingerprint(signing)));
}

test('openSUSE signs with a key that systemd has until June 2026 only, and that is shipped with its later end', () => {
  const [key] = filesOf('opensuse').flatMap(({ keys }) => keys);
  assert.equal(key?.fingerprint.slice(-16), '35A2F86E29B700A4');
  assert.ok((key?.expires ?? '') >= '2030-05-27');
});

test('no key is trusted for two publishers', () => {
  const all = sources.files.flatMap(({ keys }) => keys.map((key) => key.fingerprint));
  assert.equal(new Set(all).size, all.length);
});

/** Where images are, and the entry that has to count for them. */
const images: readonly [url: string, entry: string | undefined][] = [
  ['https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img', 'ubuntu-cloud'],
  ['https://cloud-images.ubuntu.com/releases/24.04/release/ubuntu-24.04-server-cloudimg-amd64.tar.gz', 'ubuntu-cloud'],
  [
    'https://cloud-images.ubuntu.com/minimal/releases/noble/release/ubuntu-24.04-minimal-cloudimg-amd64.img',
    'ubuntu-cloud',
  ],
  ['http://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64-root.tar.xz', 'ubuntu-cloud'],
  ['https://CLOUD-IMAGES.ubuntu.com:443/noble/current/noble-server-cloudimg-arm64.img', 'ubuntu-cloud'],
  ['https://cloud-images.ubuntu.com./noble/current/noble-server-cloudimg-arm64.img', 'ubuntu-cloud'],
  ['https://releases.ubuntu.com/24.04/ubuntu-24.04-live-server-amd64.iso', 'ubuntu'],
  ['https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/ubuntu-base-24.04-base-amd64.tar.gz', 'ubuntu'],
  ['https://old-releases.ubuntu.com/releases/23.10/ubuntu-23.10-live-server-amd64.iso', 'ubuntu'],
  ['https://cdimage.debian.org/debian-cd/current/amd64/iso-cd/debian-13.1.0-amd64-netinst.iso', 'debian'],
  ['https://cdimage.debian.org/debian-cd/current-live/amd64/iso-hybrid/debian-live-13.1.0-amd64-gnome.iso', 'debian'],
  ['https://cdimage.debian.org/cdimage/weekly-builds/amd64/iso-dvd/debian-testing-amd64-DVD-1.iso', 'debian'],
  ['https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2', 'debian'],
  ['https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-nocloud-amd64.tar.xz', 'debian'],
  ['https://get.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2', 'debian'],
  [
    'https://download.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2',
    'fedora',
  ],
  [
    'https://dl.fedoraproject.org/pub/fedora/linux/releases/44/Container/aarch64/images/Fedora-Container-Base-Generic-44-1.1.aarch64.oci.tar.xz',
    'fedora',
  ],
  [
    'https://dl.fedoraproject.org/pub/fedora/linux/development/rawhide/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-Rawhide-20261128.n.0.x86_64.qcow2',
    'fedora',
  ],
  [
    'https://archives.fedoraproject.org/pub/archive/fedora/linux/releases/33/Cloud/x86_64/images/Fedora-Cloud-Base-33-1.2.x86_64.raw.xz',
    'fedora',
  ],
  [
    'https://kojipkgs.fedoraproject.org/compose/cloud/latest-Fedora-Cloud-43/compose/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-43-20261128.0.x86_64.qcow2',
    'fedora',
  ],
  [
    'https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/43.20261101.3.0/x86_64/fedora-coreos-43.20261101.3.0-qemu.x86_64.qcow2.xz',
    'fedora',
  ],
  [
    'https://cloud.centos.org/centos/10-stream/x86_64/images/CentOS-Stream-GenericCloud-10-latest.x86_64.qcow2',
    'centos',
  ],
  ['https://cloud.centos.org/centos/7/images/CentOS-7-x86_64-GenericCloud-2211.qcow2', 'centos'],
  ['https://mirror.stream.centos.org/9-stream/BaseOS/x86_64/iso/CentOS-Stream-9-latest-x86_64-boot.iso', 'centos'],
  [
    'https://composes.stream.centos.org/production/latest-CentOS-Stream/compose/BaseOS/x86_64/images/CentOS-Stream-Container-Base-9.x86_64.tar.xz',
    'centos',
  ],
  ['https://vault.centos.org/8-stream/isos/x86_64/CentOS-Stream-8-20240603.0-x86_64-boot.iso', 'centos'],
  [
    'https://repo.almalinux.org/almalinux/10/cloud/x86_64/images/AlmaLinux-10-GenericCloud-latest.x86_64.qcow2',
    'almalinux',
  ],
  ['https://repo.almalinux.org/almalinux/9/isos/x86_64/AlmaLinux-9-latest-x86_64-minimal.iso', 'almalinux'],
  [
    'https://vault.almalinux.org/8.9/cloud/x86_64/images/AlmaLinux-8-GenericCloud-8.9-20231128.x86_64.qcow2',
    'almalinux',
  ],
  [
    'https://kitten.repo.almalinux.org/10-kitten/isos/x86_64/AlmaLinux-Kitten-10-20241018.0-x86_64-boot.iso',
    'almalinux',
  ],
  [
    'https://download.rockylinux.org/pub/rocky/10/images/x86_64/Rocky-10-GenericCloud-Base.latest.x86_64.qcow2',
    'rockylinux',
  ],
  ['https://dl.rockylinux.org/pub/rocky/9/images/aarch64/Rocky-9-Container-Base.latest.aarch64.tar.xz', 'rockylinux'],
  ['https://dl.rockylinux.org/vault/rocky/9.3/images/x86_64/Rocky-9-GenericCloud.latest.x86_64.qcow2', 'rockylinux'],
  ['https://download.opensuse.org/tumbleweed/appliances/openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2', 'opensuse'],
  [
    'https://download.opensuse.org/distribution/leap/16.0/appliances/Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2',
    'opensuse',
  ],
  [
    'http://download.opensuse.org/ports/aarch64/tumbleweed/appliances/openSUSE-MicroOS.aarch64-ContainerHost-Default.raw.xz',
    'opensuse',
  ],
  [
    'https://downloadcontent.opensuse.org/tumbleweed/appliances/opensuse-tumbleweed-image.x86_64-networkd.tar.xz',
    'opensuse',
  ],
  ['https://download.opensuse.org/repositories/home:/somebody/images/appliance.x86_64.raw.xz', undefined],
  ['https://download.opensuse.org/repositories/system:/systemd/images/image.raw.xz', undefined],
  ['https://download.opensuse.org/tumbleweed/../repositories/home:/somebody/images/appliance.raw.xz', undefined],
  ['https://geo.mirror.pkgbuild.com/iso/latest/archlinux-bootstrap-x86_64.tar.zst', 'archlinux'],
  ['https://fastly.mirror.pkgbuild.com/iso/2026.11.01/archlinux-bootstrap-2026.11.01-x86_64.tar.zst', 'archlinux'],
  ['https://archive.archlinux.org/iso/2025.01.01/archlinux-bootstrap-2025.01.01-x86_64.tar.zst', 'archlinux'],
  ['https://geo.mirror.pkgbuild.com/images/latest/Arch-Linux-x86_64-cloudimg.qcow2', undefined],
  [
    'https://gitlab.archlinux.org/archlinux/arch-boxes/-/jobs/1/artifacts/raw/output/Arch-Linux-x86_64-basic.qcow2',
    undefined,
  ],
  ['https://downloads.openwrt.org/releases/24.10.4/targets/x86/64/openwrt-24.10.4-x86-64-rootfs.tar.gz', 'openwrt'],
  ['https://dl-cdn.alpinelinux.org/alpine/v3.22/releases/x86_64/alpine-minirootfs-3.22.0-x86_64.tar.gz', undefined],
  [
    'https://distfiles.gentoo.org/releases/amd64/autobuilds/current-stage3-amd64-systemd/stage3-amd64-systemd.tar.xz',
    undefined,
  ],
  ['https://images.linuxcontainers.org/images/debian/trixie/amd64/default/20261129_05:24/rootfs.tar.xz', undefined],
  ['https://stable.release.flatcar-linux.net/amd64-usr/current/flatcar_production_image.bin.bz2', undefined],
  ['https://repo-default.voidlinux.org/live/current/void-x86_64-ROOTFS-20250202.tar.xz', undefined],
  ['https://github.com/flatcar/sysext-bakery/releases/download/latest/docker-24.0.9-x86-64.raw', undefined],
  ['https://mirror.example/ubuntu/cloud-images.ubuntu.com/noble-server-cloudimg-amd64.img', undefined],
  ['https://cloud-images.ubuntu.com.example/noble-server-cloudimg-amd64.img', undefined],
  ['https://notcdimage.debian.org/debian-13.iso', undefined],
  ['https://cdimage.debian.org@mirror.example/debian-13.iso', undefined],
];

for (const [url, expected] of images) {
  test(`${url} is judged by the keys of ${expected ?? 'no shipped entry'}`, () => {
    assert.equal(chooseEntry(entries, url)?.name, expected);
  });
}

test('every shipped entry counts for an image of the table', () => {
  assert.deepEqual([...new Set(images.flatMap(([, name]) => name ?? []))].sort(), [...names].sort());
});

/** The shipped entries, with throw-away keys in the place of some publishers' own. */
async function entriesWith(t: TestContext, keys: Readonly<Record<string, Publisher>>): Promise<TrustEntry[]> {
  const place = temporaryDirectory(t);
  for (const name of names) {
    copyFileSync(join(directory, `${name}.conf`), place.file(`${name}.conf`));
    copyFileSync(join(directory, `${name}.asc`), place.file(`${name}.asc`));
  }
  for (const [name, key] of Object.entries(keys)) writeFileSync(place.file(`${name}.asc`), key.armoredKeyring());
  return await readTrustEntries([place.path]);
}

test('a key that is trusted for one publisher does not vouch for the image of another one', async (t) => {
  const keys = { fedora: await Publisher.create(), opensuse: await Publisher.create() };
  const image = Buffer.alloc(64, 1);
  const list = Buffer.from(`${createHash('sha256').update(image).digest('hex')}  x.raw\n`);
  const urls = {
    fedora: 'https://download.fedoraproject.org/pub/x.raw',
    opensuse: 'https://download.opensuse.org/tumbleweed/appliances/x.raw',
  };
  const replaced = await entriesWith(t, keys);
  const verdict = async (place: keyof typeof keys, by: Publisher): Promise<Verdict> => {
    const entry = chooseEntry(replaced, urls[place]);
    assert.equal(entry?.name, place);
    const signature = await by.sign(list, { scheme: 'openpgp', form: 'armored', file: 'x.raw.sha256' });
    const files = new Map([
      ['x.raw.sha256', list],
      ['x.raw.sha256.asc', signature],
    ]);
    const keyrings = entry === undefined ? [] : await readEntryKeyrings(entry);
    return await judge({ url: urls[place], image, files, verification: 'signature', keyrings });
  };
  for (const place of ['fedora', 'opensuse'] as const) {
    const other = place === 'fedora' ? keys.opensuse : keys.fedora;
    assert.equal((await verdict(place, keys[place])).message, undefined);
    assert.match(other.withoutKeys((await verdict(place, other)).message ?? ''), /KEY-trusted/);
  }
});
