#!/bin/bash
# A full file system, a read-only one, a missing directory: a clear message, and nothing left behind.
. "$(dirname "$0")/../library.sh"
fresh
serve
head -c 40M /dev/urandom >"$www/large.raw"
make_tree "$work/tree"
head -c 40M /dev/urandom >"$work/tree/usr/payload"
tar -C "$work/tree" -czf "$www/large.tar.gz" .
publish "$www/large.raw"

# small FORMAT SIZE: an empty file system at $work/small, mounted.
small() {
  umount "$work/small" 2>/dev/null || true
  mkdir -p "$work/small"
  rm -f "$work/small.img"
  truncate --size="$2" "$work/small.img"
  "mkfs.$1" -q "$work/small.img" >/dev/null
  mount -o loop "$work/small.img" "$work/small"
}
at_exit+=('umount "$work/small" 2>/dev/null')

# Leaves room for less than what comes.
fill() {
  local i
  for ((i = 0; $(df --output=avail --block-size=1M "$work/small" | tail -n 1) > 25; i++)); do
    head -c 5M /dev/urandom >"$work/small/taken.$i"
    sync -f "$work/small"
  done
}

for format in ext4 btrfs; do
  size=64M
  [ $format = ext4 ] || size=160M
  small $format $size
  fill
  before=$(ls -A "$work/small")
  step "$format, full: a pull, an import, a tree and a disk"
  for operation in "pull-raw --verify=checksum -N $url/large.raw image" "pull-tar --verify=checksum -N $url/large.tar.gz image" \
    "import-raw $www/large.raw image" "import-tar $www/large.tar.gz image" "import-fs $work/tree image"; do
    expect 8 ferryctl --image-root="$work/small" $operation
    contains "$output" '[Ss]pace|make room'
    lacks "$output" '^ +at |ENOSPC:'
    same "$(ls -A "$work/small")" "$before" "what is in the directory after '$operation'"
  done
done

step "a read-only file system"
mount -o remount,ro "$work/small"
expect 15 ferryctl --image-root="$work/small" pull-raw --verify=checksum "$url/large.raw" image
contains "$output" '[Rr]ead-only'
expect 15 ferryctl --image-root="$work/small" import-fs "$work/tree" image
contains "$output" '[Rr]ead-only'
umount "$work/small"

step "no /var/lib/confexts: it is made"
rmdir /var/lib/confexts
expect 0 ferryctl list-images -C
expect 0 ferryctl pull-raw -C --verify=checksum "$url/large.raw" made
cmp "$www/large.raw" /var/lib/confexts/made.raw

step "a file in its place: it says so"
rm -rf /var/lib/confexts
touch /var/lib/confexts
at_exit+=('rm -f /var/lib/confexts; mkdir -p /var/lib/confexts')
expect 15 ferryctl pull-raw -C --verify=checksum "$url/large.raw" never
contains "$output" '/var/lib/confexts'
lacks "$output" '^ +at '
no_leftovers
