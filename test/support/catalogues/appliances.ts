import type { Layout } from './layouts.js';

const sha256 = { algorithms: ['sha256'] } as const;
const flatcar = 'https://stable.release.flatcar-linux.net/amd64-usr/current/flatcar_production_qemu_image.img.bz2';
const flatcarList = { list: '%f.DIGESTS', style: 'headings', algorithms: ['md5', 'sha1', 'sha512'] } as const;
const release = 'https://github.com/example/appliance/releases/download/v1.4.0';

/** Systems for containers and appliances, what mkosi makes, and releases of projects. */
export const appliances: readonly Layout[] = [
  {
    catalogue: 'Fedora CoreOS',
    url: 'https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/43.20261110.3.1/x86_64/fedora-coreos-43.20261110.3.1-qemu.x86_64.qcow2.xz',
    beside: [{ signature: '%f.sig', over: '%f' }],
    isSigned: true,
  },
  {
    catalogue: 'Flatcar',
    url: flatcar,
    beside: [
      { signature: '%f.sig', over: '%f' },
      flatcarList,
      { ...flatcarList, list: '%f.DIGESTS.asc', isClearSigned: true },
      { signature: '%f.DIGESTS.sig', over: '%f.DIGESTS' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'sysext-bakery',
    url: 'https://extensions.flatcar.org/extensions/kubernetes-v1.34.1-x86-64.raw',
    beside: [{ list: 'SHA256SUMS', style: 'gnu', ...sha256, others: ['docker-28.5.1-x86-64.raw'] }],
    hasChecksum: true,
  },
  mkosi('.raw.xz'),
  mkosi('.tar.zst'),
  mkosi('.raw'),
  {
    catalogue: 'hub.nspawn.org',
    url: 'https://hub.nspawn.org/storage/debian/trixie/tar/image.tar.xz',
    beside: [],
  },
  {
    catalogue: 'GitHub release, checksums.txt with paths',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [{ list: 'checksums.txt', style: 'gnu with paths', ...sha256, others: ['appliance-arm64.raw.zst'] }],
    hasChecksum: true,
  },
  {
    catalogue: 'GitHub release, sha256 with carriage returns',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [
      { list: '%f.sha256', style: 'gnu', ...sha256, lineEnd: '\r\n' },
      { other: '%f.sigstore', text: '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}\n' },
    ],
    hasChecksum: true,
  },
  {
    catalogue: 'GitHub release, minisign over the image',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256 },
      { signature: '%f.minisig', over: '%f', scheme: 'minisign' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'GitHub release, minisign over the list',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256 },
      { signature: 'SHA256SUMS.minisig', over: 'SHA256SUMS', scheme: 'minisign' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'GitHub release, OpenSSH over the list',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256 },
      { signature: 'SHA256SUMS.sig', over: 'SHA256SUMS', scheme: 'openssh' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Appliance, PKCS#7 over the list',
    url: `${release}/appliance-amd64.raw.zst`,
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256 },
      { signature: 'SHA256SUMS.p7s', over: 'SHA256SUMS', scheme: 'pkcs7' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
];

/** What `Checksum=yes` and `Sign=yes` make: lists named after the output, which has no suffix of a format. */
function mkosi(suffix: string): Layout {
  const url = `https://images.example.com/nightly/ParticleOS_43_x86-64${suffix}`;
  const list = 'ParticleOS_43_x86-64.SHA256SUMS';
  return {
    catalogue: `mkosi ${suffix}`,
    url,
    beside: [
      { list, style: 'gnu binary', ...sha256, others: ['ParticleOS_43_x86-64.efi', 'ParticleOS_43_x86-64.vmlinuz'] },
      { signature: `${list}.gpg`, over: list },
    ],
    isSigned: true,
    hasChecksum: true,
  };
}
