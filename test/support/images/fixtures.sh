#!/usr/bin/env bash
# Makes the images that tests and benchmarks work on, once, and prints where they are.
#
#   fixtures.sh tree       a Debian root tree with everything a tar archive can carry
#   fixtures.sh archives   that tree packed by GNU tar: debian.tar and .gz, .xz, .zst, .bz2
#   fixtures.sh images     disk.raw, an ext4 of 2 GiB that is mostly holes, and .xz, .zst, .gz, .qcow2; grub-rescue's bootable images
#   fixtures.sh signed     all of these in one directory with SHA256SUMS, signed, and the keyring
#   fixtures.sh benchmark  the images, and archives that systemd can unpack as well, with SHA256SUMS
#   fixtures.sh quick      the same of a smaller tree
#
# Raise the version in the name below when what is made changes. Needs root and the programs of ../../install-programs.sh.
set -euo pipefail
support=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=../mirror.sh
. "$support/mirror.sh"
own_directory /var/tmp/ferry-test
cache=/var/tmp/ferry-test/fixtures-v1

# Prints the path of a fixture; makes it first when it is not there. An interrupted making leaves only what the next one removes.
fixture() {
  local final=$cache/$1
  if [ ! -e "$final" ]; then
    rm -rf --one-file-system "$final.partial"
    mkdir -p "$final.partial"
    "make_$1" "$final.partial" >&2
    mv -T "$final.partial" "$final"
  fi
  echo "$final"
}

make_tree() {
  make_debian_root stable "$1" perl,sudo,python3-minimal,libcap2-bin,openssh-client,gpg "$1.log" || return 1
  rm -rf "$1.log" "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb
  add_curiosities "$1/opt/curiosities"
  local size
  size=$(du -s --block-size=M "$1" | cut -dM -f1)
  [ "$size" -ge 250 ] || { echo "the Debian tree has only $size MiB, at least 250 are promised"; return 1; }
}

# What a tar archive can carry and few real trees have.
add_curiosities() {
  mkdir -p "$1" && cd "$1"
  cp /bin/true capability && setcap cap_net_raw,cap_sys_admin+ep capability
  echo text >attributes
  setfattr -n user.comment -v 'words' attributes
  setfattr -n user.binary -v 0x00ff0a3d00 attributes
  setfattr -n user.empty attributes
  setfattr -n trusted.note -v 'for root only' attributes
  ln -s nowhere dangling && setfattr -h -n trusted.note -v 'on a link' dangling
  ln -s /etc/passwd absolute
  echo text >acl && setfacl -m u:1234:rw,g:2345:r,m::rw acl
  mkdir acl-directory && setfacl -m u:1234:rwx -m d:u:1234:rwx,d:g:2345:rx,d:o::- acl-directory
  echo text >linked && ln linked linked-again && mkdir other && ln linked other/linked-elsewhere
  mkfifo fifo && mknod character c 1 3 && mknod block b 7 200
  echo text >setuid && chmod 4711 setuid
  mkdir setgid && chmod 2775 setgid && mkdir sticky && chmod 1777 sticky
  echo text >closed && chmod 0000 closed && mkdir closed-directory && echo text >closed-directory/file && chmod 0000 closed-directory
  echo text >$'not-utf8-\xe9\xff' && echo text >$'line\nfeed' && echo text >$'back\\slash and space '
  echo text >"$(printf 'n%.0s' {1..255})"
  local deep
  deep=$(printf 'deep-directory-%02d/' {1..20})
  mkdir -p "$deep" && echo text >"$deep/file" && ln -s "$deep/file" "$(printf 'l%.0s' {1..150})"
  echo text >owned && chown 4000000000:3000000000 owned
  echo text >before-1970 && touch -d '1960-01-02 03:04:05.123456789 UTC' before-1970
  echo text >after-2038 && touch -d '2100-01-02 03:04:05.987654321 UTC' after-2038
  touch empty && mkdir empty-directory
  truncate -s 64M sparse
  printf start | dd of=sparse conv=notrunc status=none
  dd if=/dev/urandom of=sparse bs=64k count=3 seek=320 conv=notrunc status=none
  truncate -s 8M all-hole
}

make_archives() {
  pack_tree "$1/debian.tar"
  cd "$1" && compress debian.tar
}

# ARCHIVE TAR-OPTION…
pack_tree() {
  tar --create --file="$1" --directory="$(fixture tree)" --format=posix --sort=name --numeric-owner --sparse \
    --acls --xattrs --xattrs-include='*' "${@:2}" .
}

# FILE → FILE.gz, .xz, .zst, .bz2, by programs that use all cores and so make several blocks, members or frames.
compress() {
  pigz --keep "$1"
  xz --keep --threads=0 "$1"
  zstd --quiet --threads=0 "$1"
  lbzip2 --keep "$1"
}

make_images() {
  local tree
  tree=$(fixture tree)
  cd "$1"
  make_disk "$tree" 2G
  qemu-img convert -q -c -f raw -O qcow2 disk.raw disk-compressed.qcow2
  cp /usr/lib/grub-rescue/grub-rescue-cdrom.iso /usr/lib/grub-rescue/grub-rescue-floppy.img .
}

# TREE SIZE → disk.raw and its packed forms in the current folder.
make_disk() {
  truncate -s "$2" disk.raw
  mkfs.ext4 -q -F -L ferry -d "$1" disk.raw
  # mkfs writes zeros where holes would do.
  fallocate --dig-holes disk.raw
  pigz --keep --fast disk.raw
  xz --keep --threads=0 -2 disk.raw
  zstd --quiet --threads=0 disk.raw
  qemu-img convert -q -f raw -O qcow2 disk.raw disk.qcow2
}

make_signed() {
  local archives images
  archives=$(fixture archives)
  images=$(fixture images)
  cd "$1"
  ln "$archives"/* "$images"/* .
  sha256sum -- * >"$cache/sums" && mv "$cache/sums" SHA256SUMS
  for file in debian.tar.gz disk.raw.xz; do sha256sum "$file" >"$file.sha256"; done
  # Keys made to be thrown away: their secret halves are gone when this ends. NAME.pgp is a keyring.
  GNUPGHOME=$(mktemp -d)
  export GNUPGHOME
  for name in trusted stranger; do
    gpg --batch --quiet --passphrase '' --quick-generate-key "$name@ferry.invalid" ed25519 sign never
    gpg --batch --quiet --output "$name.pgp" --export "$name@ferry.invalid"
  done
  gpg --batch --quiet --local-user trusted@ferry.invalid --output SHA256SUMS.gpg --detach-sign SHA256SUMS
  gpgconf --kill all
  rm -rf "$GNUPGHOME"
}

make_benchmark() {
  local images
  images=$(fixture images)
  # systemd 262 cannot unpack the curiosities: it aborts at an empty extended attribute, and is refused trusted ones.
  pack_tree "$1/debian.tar" --exclude=./opt/curiosities
  cd "$1"
  compress debian.tar
  xz --threads=1 --stdout debian.tar >debian-one-block.tar.xz
  ln "$images"/* .
  sha256sum -- * >"$cache/sums" && mv "$cache/sums" SHA256SUMS
}

make_quick() {
  local tree
  tree=$(fixture tree)/usr/share
  cd "$1"
  tar --create --file=debian.tar --directory="$tree" --format=posix --sort=name --numeric-owner .
  compress debian.tar
  xz --threads=1 --stdout debian.tar >debian-one-block.tar.xz
  make_disk "$tree" 768M
  sha256sum -- * >"$cache/sums" && mv "$cache/sums" SHA256SUMS
}

case ${1:-} in
tree | archives | images | signed | benchmark | quick)
  mkdir -p "$cache"
  # Several test files may want one at once: one makes it, the others wait.
  exec 9>"$cache/lock"
  flock 9
  fixture "$1" 9>&-
  ;;
*) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
