import type { Layout, ListFile } from './layouts.js';

const sha256 = { algorithms: ['sha256'] } as const;
const sha512 = { algorithms: ['sha512'] } as const;
const gentoo = 'https://distfiles.gentoo.org/releases/amd64/autobuilds/20261129T170339Z';
const stage = `${gentoo}/stage3-amd64-systemd-20261129T170339Z.tar.xz`;
const digests = { list: '%f.DIGESTS', style: 'headings', isClearSigned: true } as const;
const gentooDigests: ListFile = { ...digests, algorithms: ['blake2b512', 'sha512'], others: ['%f.CONTENTS.gz'] };
const alpine = 'https://dl-cdn.alpinelinux.org/alpine/v3.22/releases';
const overImage = { signature: '%f.asc', over: '%f', form: 'armored' } as const;
const debian = 'https://cdimage.debian.org/debian-cd/current-live/amd64/iso-hybrid';

/** Distributions of general use; Fedora has a table of its own. */
export const distributions: readonly Layout[] = [
  {
    catalogue: 'Ubuntu cloud images',
    url: 'https://cloud-images.ubuntu.com/noble/current/noble-server-cloudimg-amd64.img',
    beside: [
      { list: 'SHA256SUMS', style: 'gnu binary', ...sha256, others: ['noble-server-cloudimg-amd64-root.tar.xz'] },
      { signature: 'SHA256SUMS.gpg', over: 'SHA256SUMS' },
      { other: 'noble-server-cloudimg-amd64.manifest', text: 'adduser\t3.137ubuntu1\n' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'linuxcontainers.org',
    url: 'https://images.linuxcontainers.org/images/alpine/3.22/amd64/default/20261129_13%3A00/disk.qcow2',
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256, others: ['incus.tar.xz', 'rootfs.squashfs', 'rootfs.tar.xz'] },
      { signature: 'SHA256SUMS.asc', over: 'SHA256SUMS', form: 'armored' },
      overImage,
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Gentoo',
    url: stage,
    beside: [{ list: '%f.sha256', style: 'gnu', ...sha256, isClearSigned: true }, gentooDigests, overImage],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Gentoo, DIGESTS alone',
    url: stage,
    beside: [gentooDigests],
    isSigned: true,
    hasChecksum: true,
  },
  { catalogue: 'Gentoo, signed image alone', url: stage, beside: [overImage], isSigned: true },
  {
    catalogue: 'openSUSE',
    url: 'https://download.opensuse.org/tumbleweed/appliances/openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2',
    beside: [
      { list: '%f.sha256', style: 'gnu', ...sha256 },
      { signature: '%f.sha256.asc', over: '%f.sha256', form: 'armored' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'openSUSE, alias',
    url: 'https://download.opensuse.org/distribution/leap/15.6/appliances/openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2',
    beside: [
      {
        list: '%f.sha256',
        style: 'gnu',
        ...sha256,
        alias: 'openSUSE-Leap-15.6-Minimal-VM.x86_64-15.6.0-Cloud-Build19.117.qcow2',
      },
      { signature: '%f.sha256.asc', over: '%f.sha256', form: 'armored' },
    ],
  },
  {
    catalogue: 'Debian cloud',
    url: 'https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2',
    beside: [
      { list: 'SHA512SUMS', style: 'gnu', ...sha512, others: ['debian-13-genericcloud-amd64.raw'] },
      { other: 'debian-13-genericcloud-amd64.json', text: '{"apiVersion": "v1", "items": []}\n' },
    ],
    hasChecksum: true,
  },
  {
    catalogue: 'Debian CD and live',
    url: `${debian}/debian-live-13.2.0-amd64-standard.iso`,
    beside: [
      { list: 'SHA256SUMS', style: 'gnu', ...sha256, others: ['debian-live-13.2.0-amd64-gnome.iso'] },
      { signature: 'SHA256SUMS.sign', over: 'SHA256SUMS', form: 'armored' },
      { list: 'SHA512SUMS', style: 'gnu', ...sha512, others: ['debian-live-13.2.0-amd64-gnome.iso'] },
      { signature: 'SHA512SUMS.sign', over: 'SHA512SUMS', form: 'armored' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Alpine minirootfs',
    url: `${alpine}/x86_64/alpine-minirootfs-3.22.2-x86_64.tar.gz`,
    beside: [{ list: '%f.sha256', style: 'gnu', ...sha256 }, { list: '%f.sha512', style: 'gnu', ...sha512 }, overImage],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Alpine cloud',
    url: `${alpine}/cloud/nocloud_alpine-3.22.2-x86_64-bios-cloudinit-r0.qcow2`,
    beside: [{ list: '%f.sha512', style: 'bare', ...sha512, lineEnd: 'none at the end' }, overImage],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'AlmaLinux',
    url: 'https://repo.almalinux.org/almalinux/10/live/x86_64/AlmaLinux-10.1-x86_64-Live-GNOME.iso',
    beside: [
      {
        list: 'CHECKSUM',
        style: 'bsd with sizes',
        ...sha256,
        isClearSigned: true,
        others: ['AlmaLinux-10.1-x86_64-Live-KDE.iso'],
      },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'AlmaLinux cloud',
    url: 'https://repo.almalinux.org/almalinux/10/cloud/x86_64/images/AlmaLinux-10-GenericCloud-latest.x86_64.qcow2',
    beside: [
      { list: 'CHECKSUM', style: 'bsd', ...sha256, others: ['AlmaLinux-10-OpenNebula-latest.x86_64.qcow2'] },
      { signature: 'CHECKSUM.asc', over: 'CHECKSUM', form: 'armored' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Rocky',
    url: 'https://dl.rockylinux.org/pub/rocky/10/images/x86_64/Rocky-10-GenericCloud-Base.latest.x86_64.qcow2',
    beside: [
      { list: 'CHECKSUM', style: 'bsd with sizes', ...sha256, others: ['Rocky-10-Azure-Base.latest.x86_64.vhd'] },
      { signature: 'CHECKSUM.asc', over: 'CHECKSUM', form: 'armored' },
      { list: '%f.CHECKSUM', style: 'bsd with sizes', ...sha256 },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Rocky 9, unsigned',
    url: 'https://dl.rockylinux.org/pub/rocky/9/images/x86_64/Rocky-9-GenericCloud-Base.latest.x86_64.qcow2',
    beside: [
      { list: 'CHECKSUM', style: 'bsd with sizes', ...sha256, others: ['Rocky-9-Azure-Base.latest.x86_64.vhd'] },
      { list: '%f.CHECKSUM', style: 'bsd with sizes', ...sha256 },
    ],
    hasChecksum: true,
  },
  {
    catalogue: 'CentOS Stream',
    url: 'https://cloud.centos.org/centos/10-stream/x86_64/images/CentOS-Stream-GenericCloud-10-latest.x86_64.qcow2',
    beside: [
      { list: '%f.SHA256SUM', style: 'bsd with sizes', ...sha256 },
      { list: 'CHECKSUM', style: 'bsd with sizes', ...sha256, others: ['CentOS-Stream-ec2-10-latest.x86_64.raw.xz'] },
    ],
    hasChecksum: true,
  },
  {
    catalogue: 'Arch boxes',
    url: 'https://geo.mirror.pkgbuild.com/images/latest/Arch-Linux-x86_64-cloudimg.qcow2',
    beside: [
      { list: '%f.SHA256', style: 'gnu', ...sha256 },
      { signature: '%f.SHA256.sig', over: '%f.SHA256' },
      { signature: '%f.sig', over: '%f' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Arch bootstrap',
    url: 'https://geo.mirror.pkgbuild.com/iso/latest/archlinux-bootstrap-x86_64.tar.zst',
    beside: [
      { signature: '%f.sig', over: '%f' },
      { list: 'sha256sums.txt', style: 'gnu', ...sha256, others: ['archlinux-x86_64.iso'] },
      { list: 'b2sums.txt', style: 'gnu', algorithms: ['blake2b512'], others: ['archlinux-x86_64.iso'] },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'OpenWrt',
    url: 'https://downloads.openwrt.org/releases/24.10.4/targets/x86/64/openwrt-24.10.4-x86-64-rootfs.tar.gz',
    beside: [
      { list: 'sha256sums', style: 'gnu binary', ...sha256, others: ['openwrt-24.10.4-x86-64.manifest'] },
      { signature: 'sha256sums.asc', over: 'sha256sums', form: 'armored' },
      { signature: 'sha256sums.sig', over: 'sha256sums', scheme: 'signify' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'OpenWrt, usign alone',
    url: 'https://downloads.openwrt.org/snapshots/targets/x86/64/openwrt-x86-64-generic-ext4-combined.img.gz',
    beside: [
      { list: 'sha256sums', style: 'gnu binary', ...sha256, others: ['openwrt-x86-64-rootfs.tar.gz'] },
      { signature: 'sha256sums.sig', over: 'sha256sums', scheme: 'signify' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Void',
    url: 'https://repo-default.voidlinux.org/live/20250202/void-x86_64-ROOTFS-20250202.tar.xz',
    beside: [
      { list: 'sha256sum.txt', style: 'bsd', ...sha256, others: ['void-live-x86_64-20250202-base.iso'] },
      { signature: 'sha256sum.sig', over: 'sha256sum.txt', scheme: 'minisign' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
  {
    catalogue: 'Void, signify',
    url: 'https://repo-default.voidlinux.org/live/20210930/void-x86_64-ROOTFS-20210930.tar.xz',
    beside: [
      { list: 'sha256sum.txt', style: 'bsd', ...sha256, others: ['void-live-x86_64-20210930.iso'] },
      { signature: 'sha256sum.sig', over: 'sha256sum.txt', scheme: 'signify' },
    ],
    isSigned: true,
    hasChecksum: true,
  },
];
