#!/usr/bin/env bash
# Installs every Debian program that the tests and benchmarks use, makes an ordinary user
# for them, and installs systemd's own helpers to compare with (test/peer).
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=support/mirror.sh
. support/mirror.sh

packages=(
  ca-certificates curl # the peer's mirror
  tar cpio gzip bzip2 lbzip2 pigz xz-utils zstd # archives, packed and unpacked by others than Ferry
  acl attr libcap2-bin # what files carry beside their bytes
  util-linux mount e2fsprogs btrfs-progs xfsprogs qemu-utils # disks and their filesystems
  uidmap passwd procps # ordinary users
  nginx-light openssh-server openssh-client openssl gpg gpg-agent gpgv minisign signify-openbsd # servers and signatures
  debootstrap grub-rescue-pc # real images
  docker-registry skopeo umoci # registries and container images
  iproute2 # networks of their own
  mandoc groff-base # manual pages
  zsh fish # completions; bash is there
  debhelper lintian rpm rpmlint # packages
  tmux # recorded screens
  buildah podman # container images, made and loaded by others than Ferry
  golang-go # an example in the documents
  gcc libc6-dev linux-libc-dev zlib1g-dev libbz2-dev liblzma-dev libzstd-dev liblz4-dev # C headers to compare with
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-arm64-cross qemu-user-static # the same of arm64
  python3 socat strace time file # pseudo terminals and the test machine, sockets, what processes did
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || { echo "install-programs: only root can install ${missing[*]}" >&2; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  # Packages that come with a server would start it: nothing but what the tests start may listen.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 0755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  try_thrice apt-get update -qq
  try_thrice apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# An ordinary user with ids of its own in /etc/subuid.
if ! getent passwd ferry-test >/dev/null; then
  useradd --create-home --shell /usr/sbin/nologin ferry-test
fi
grep -q '^ferry-test:' /etc/subuid || usermod --add-subuids 1000000-1065535 --add-subgids 1000000-1065535 ferry-test

peer/peer install
