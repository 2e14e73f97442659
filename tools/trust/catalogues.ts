/** What a publisher publishes beside its images. */
export interface Catalogue {
  readonly name: string;
  readonly signature: string;
  readonly checksum: string;
  /** The trust entry that holds the key. */
  readonly entry?: string;
  /** Where the key is, where no entry holds it. */
  readonly key?: string;
  /** Where hosts may have the key. */
  readonly keyOnHosts: string;
  readonly toDo: string;
}

const nothing = 'nothing';
const noSignature = 'pull with `--verify=checksum`, or give the digest: `--digest=sha256:…`';
const noKey = 'not shipped: in no package of Debian';
const none = '–';

function addKey(url: string): string {
  return `get the key from the publisher, compare its fingerprint, then \`ferryctl trust add ${url} KEY\``;
}

/** The catalogues of images that people pull from, those with a key that Ferry ships first. */
export const catalogues: readonly Catalogue[] = [
  {
    name: 'AlmaLinux',
    signature: '`CHECKSUM`, clear-signed, or `CHECKSUM.asc`',
    checksum: '`CHECKSUM`',
    entry: 'almalinux',
    keyOnHosts: '`/etc/pki/rpm-gpg`, `/usr/share/distribution-gpg-keys/alma`',
    toDo: nothing,
  },
  {
    name: 'Arch Linux bootstrap and ISO',
    signature: '`IMAGE.sig`, over the image',
    checksum: '`sha256sums.txt`',
    entry: 'archlinux',
    keyOnHosts: '`/usr/share/pacman/keyrings/archlinux.gpg`, `/usr/share/keyrings/archlinux.gpg`',
    toDo: nothing,
  },
  {
    name: 'CentOS Stream',
    signature: 'none for most images; `CHECKSUM.asc`, `sha256sum.txt.asc` for some',
    checksum: '`CHECKSUM`, `IMAGE.SHA256SUM`',
    entry: 'centos',
    keyOnHosts: '`/etc/pki/rpm-gpg`, `/usr/share/distribution-gpg-keys/centos`',
    toDo: `nothing where it is signed; otherwise ${noSignature}`,
  },
  {
    name: 'Debian CD and live',
    signature: '`SHA256SUMS.sign`, `SHA512SUMS.sign`',
    checksum: '`SHA256SUMS`, `SHA512SUMS`',
    entry: 'debian',
    keyOnHosts: '`/usr/share/keyrings/debian-role-keys.pgp` of `debian-keyring`',
    toDo: nothing,
  },
  {
    name: 'Debian cloud',
    signature: 'none',
    checksum: '`SHA512SUMS`',
    key: none,
    keyOnHosts: none,
    toDo: noSignature,
  },
  {
    name: 'Fedora, Fedora IoT',
    signature: '`Fedora-…-CHECKSUM`, clear-signed',
    checksum: '`Fedora-…-CHECKSUM`',
    entry: 'fedora',
    keyOnHosts: '`/etc/pki/rpm-gpg`, `/usr/share/distribution-gpg-keys/fedora`',
    toDo: nothing,
  },
  {
    name: 'Fedora CoreOS',
    signature: '`IMAGE.sig`, over the image',
    checksum: 'in the JSON of the stream',
    entry: 'fedora',
    keyOnHosts: '`/etc/pki/rpm-gpg`, `/usr/share/distribution-gpg-keys/fedora`',
    toDo: nothing,
  },
  {
    name: 'openSUSE',
    signature: '`IMAGE.sha256.asc`',
    checksum: '`IMAGE.sha256`',
    entry: 'opensuse',
    keyOnHosts: '`/usr/lib/rpm/gnupg/keys`, `/usr/share/distribution-gpg-keys/opensuse`',
    toDo: nothing,
  },
  {
    name: 'OpenWrt 23.05 and newer',
    signature: '`sha256sums.asc`',
    checksum: '`sha256sums`',
    entry: 'openwrt',
    keyOnHosts: '`/usr/share/distribution-gpg-keys/openwrt`',
    toDo: nothing,
  },
  {
    name: 'Rocky Linux',
    signature: '`CHECKSUM.asc` of releases 8 and 10',
    checksum: '`CHECKSUM`, `IMAGE.CHECKSUM`',
    entry: 'rockylinux',
    keyOnHosts: '`/etc/pki/rpm-gpg`, `/usr/share/distribution-gpg-keys/rocky`',
    toDo: `nothing for these; for release 9, ${noSignature}`,
  },
  {
    name: 'Ubuntu cloud images',
    signature: '`SHA256SUMS.gpg`',
    checksum: '`SHA256SUMS`',
    entry: 'ubuntu-cloud',
    keyOnHosts: '`/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg`',
    toDo: nothing,
  },
  {
    name: 'Ubuntu installation media',
    signature: '`SHA256SUMS.gpg`',
    checksum: '`SHA256SUMS`',
    entry: 'ubuntu',
    keyOnHosts: '`/usr/share/keyrings/ubuntu-archive-keyring.gpg`',
    toDo: nothing,
  },
  {
    name: 'Alpine Linux',
    signature: '`IMAGE.asc`, over the image',
    checksum: '`IMAGE.sha256`, `IMAGE.sha512`',
    key: noKey,
    keyOnHosts: none,
    toDo: `${addKey('https://dl-cdn.alpinelinux.org/')} (\`/etc/apk/keys\` has keys for packages only)`,
  },
  {
    name: 'Arch Linux VM images',
    signature: '`IMAGE.SHA256.sig`, and `IMAGE.sig` over the image',
    checksum: '`IMAGE.SHA256`',
    key: noKey,
    keyOnHosts: none,
    toDo: addKey('https://geo.mirror.pkgbuild.com/images/'),
  },
  {
    name: 'Flatcar',
    signature: '`IMAGE.sig`, over the image; `IMAGE.DIGESTS.asc`',
    checksum: '`IMAGE.DIGESTS`',
    key: noKey,
    keyOnHosts: none,
    toDo: addKey("'*.release.flatcar-linux.net'"),
  },
  {
    name: 'Gentoo',
    signature: '`IMAGE.sha256`, clear-signed, and `IMAGE.asc` over the image',
    checksum: '`IMAGE.sha256`, `IMAGE.DIGESTS`',
    key: noKey,
    keyOnHosts: '`/usr/share/openpgp-keys/gentoo-release.asc` (on Gentoo)',
    toDo: addKey('https://distfiles.gentoo.org/'),
  },
  {
    name: 'linuxcontainers.org',
    signature: '`SHA256SUMS.asc`, and `IMAGE.asc` over the image',
    checksum: '`SHA256SUMS`',
    key: noKey,
    keyOnHosts: none,
    toDo: addKey('https://images.linuxcontainers.org/'),
  },
  {
    name: 'Void Linux',
    signature: '`sha256sum.sig`, by minisign or signify',
    checksum: '`sha256sum.txt`',
    key: noKey,
    keyOnHosts: none,
    toDo: addKey('https://repo-default.voidlinux.org/live/'),
  },
  {
    name: 'Output of mkosi',
    signature: '`OUTPUT.SHA256SUMS.gpg`',
    checksum: '`OUTPUT.SHA256SUMS`',
    key: 'your own',
    keyOnHosts: none,
    toDo: 'trust the key that you sign with: `ferryctl trust add URL KEY`',
  },
  {
    name: 'sysext-bakery, fedora-sysexts',
    signature: 'none',
    checksum: '`SHA256SUMS`',
    key: none,
    keyOnHosts: none,
    toDo: noSignature,
  },
  {
    name: 'hub.nspawn.org',
    signature: 'none',
    checksum: 'none: an OCI registry',
    key: none,
    keyOnHosts: none,
    toDo: 'it no longer has files to pull',
  },
];
