/** Keys in a Debian package. */
export interface KeySource {
  readonly package: string;
  readonly directory: string;
  /** Of the names in it. */
  readonly files: RegExp;
  /** Of primary keys; without it, all keys of these files. */
  readonly fingerprints?: readonly string[];
}

/** A trust entry that is shipped, as NAME.conf and NAME.asc. */
export interface Publisher {
  readonly name: string;
  readonly description: string;
  readonly urls: readonly string[];
  readonly keys: readonly KeySource[];
  /** Files of the same keys that hosts may have, and that may be newer. */
  readonly hostKeyrings: readonly string[];
  readonly checksumFiles: readonly string[];
}

const ofDistributions = '/usr/share/distribution-gpg-keys';
const ofHost = '/etc/pki/rpm-gpg';

function fromDistributions(directory: string, files: RegExp): KeySource {
  return { package: 'distribution-gpg-keys', directory: `usr/share/distribution-gpg-keys/${directory}`, files };
}

function fromKeyrings(name: string, file: RegExp, ...fingerprints: readonly string[]): KeySource {
  const source = { package: name, directory: 'usr/share/keyrings', files: file };
  return fingerprints.length === 0 ? source : { ...source, fingerprints };
}

/** With http: as well: what is signed may come over it. */
function below(...places: readonly string[]): string[] {
  return places.flatMap((place) => [`https://${place}`, `http://${place}`]);
}

/** Whom Ferry trusts for what. Each key is the publisher's own, and comes from a package that Debian distributes. */
export const publishers: readonly Publisher[] = [
  {
    name: 'almalinux',
    description: 'AlmaLinux',
    urls: ['kitten.repo.almalinux.org', 'repo.almalinux.org', 'vault.almalinux.org'],
    keys: [fromDistributions('alma', /^RPM-GPG-KEY-AlmaLinux-\d+$/)],
    hostKeyrings: [
      ...['9', '10', '11'].map((release) => `${ofHost}/RPM-GPG-KEY-AlmaLinux-${release}`),
      `${ofDistributions}/alma/RPM-GPG-KEY-AlmaLinux-11`,
    ],
    checksumFiles: ['CHECKSUM'],
  },
  {
    name: 'archlinux',
    description: 'Arch Linux: installation media and bootstrap archives',
    // Not images/: the key of its builder is in no package.
    urls: below('*.pkgbuild.com/iso/', 'archlinux.org/iso/', 'archive.archlinux.org/iso/'),
    // The release engineer. The other keys of this file are for packages.
    keys: [fromKeyrings('archlinux-keyring', /^archlinux\.gpg$/, '3E80CA1A8B89F69CBA57D98A76A5EF9054449A5C')],
    hostKeyrings: [],
    checksumFiles: ['sha256sums.txt'],
  },
  {
    name: 'centos',
    description: 'CentOS',
    urls: ['cloud.centos.org', 'composes.stream.centos.org', 'mirror.stream.centos.org', 'vault.centos.org'],
    keys: [fromDistributions('centos', /^RPM-GPG-KEY-CentOS-(?:7|Official-SHA256)$/)],
    hostKeyrings: [`${ofHost}/RPM-GPG-KEY-centosofficial`, `${ofHost}/RPM-GPG-KEY-centosofficial-SHA256`],
    checksumFiles: ['CHECKSUM', '%f.SHA256SUM'],
  },
  {
    name: 'debian',
    description: 'Debian',
    urls: ['cdimage.debian.org', 'cloud.debian.org', 'get.debian.org'],
    keys: [
      fromKeyrings(
        'debian-keyring',
        /^debian-role-keys\.pgp$/,
        '10460DAD76165AD81FBC0CE9988021A964E6EA7D',
        'DF9B9C49EAA9298432589D76DA87E80D6294BE9B',
        'F41D30342F3546695F65C66942468F4009EA8AC3',
      ),
    ],
    hostKeyrings: [],
    checksumFiles: ['SHA256SUMS', 'SHA512SUMS'],
  },
  {
    name: 'fedora',
    description: 'Fedora, Fedora CoreOS and Fedora IoT',
    urls: [
      'archives.fedoraproject.org',
      'builds.coreos.fedoraproject.org',
      'dl.fedoraproject.org',
      'download.fedoraproject.org',
      'kojipkgs.fedoraproject.org',
    ],
    keys: [fromDistributions('fedora', /^RPM-GPG-KEY-fedora-(?:2[1-9]-primary|[3-9]\d-primary|iot-2019)$/)],
    hostKeyrings: ['48', '49', 'rawhide'].flatMap((release) =>
      [ofHost, `${ofDistributions}/fedora`].map((directory) => `${directory}/RPM-GPG-KEY-fedora-${release}-primary`),
    ),
    checksumFiles: [],
  },
  {
    name: 'opensuse',
    description: 'openSUSE',
    // Not repositories/: these are projects of all users of the build service, with keys of their own.
    urls: below(...['distribution', 'ports', 'slowroll', 'tumbleweed'].map((path) => `*.opensuse.org/${path}/`)),
    keys: [fromDistributions('opensuse', /^RPM-GPG-KEY-openSUSE-2022$/)],
    hostKeyrings: [`${ofDistributions}/opensuse/RPM-GPG-KEY-openSUSE-Tumbleweed`],
    checksumFiles: ['%f.sha256'],
  },
  {
    name: 'openwrt',
    description: 'OpenWrt',
    urls: ['downloads.openwrt.org', 'downloads.cdn.openwrt.org'],
    keys: [fromDistributions('openwrt', /^gpg_0x[0-9A-F]{16}\.asc$/)],
    hostKeyrings: [],
    checksumFiles: ['sha256sums'],
  },
  {
    name: 'rockylinux',
    description: 'Rocky Linux',
    urls: ['dl.rockylinux.org', 'download.rockylinux.org'],
    keys: [fromDistributions('rocky', /^RPM-GPG-KEY-Rocky-\d+$/)],
    hostKeyrings: [
      ...['9', '10', '11'].map((release) => `${ofHost}/RPM-GPG-KEY-Rocky-${release}`),
      `${ofDistributions}/rocky/RPM-GPG-KEY-Rocky-11`,
    ],
    checksumFiles: ['CHECKSUM', '%f.CHECKSUM'],
  },
  {
    name: 'ubuntu',
    description: 'Ubuntu: installation media',
    urls: ['cdimage.ubuntu.com', 'old-releases.ubuntu.com', 'releases.ubuntu.com'],
    keys: [fromKeyrings('ubuntu-keyring', /^ubuntu-archive-keyring\.gpg$/, '843938DF228D22F7B3742BC0D94AA3F0EFE21092')],
    hostKeyrings: [],
    checksumFiles: ['SHA256SUMS'],
  },
  {
    name: 'ubuntu-cloud',
    description: 'Ubuntu cloud images',
    urls: ['cloud-images.ubuntu.com', 'cloud-images-archive.ubuntu.com', 'partner-images.canonical.com'],
    keys: [fromKeyrings('ubuntu-keyring', /^ubuntu-cloudimage-keyring\.gpg$/)],
    hostKeyrings: ['/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg'],
    checksumFiles: ['SHA256SUMS'],
  },
];
