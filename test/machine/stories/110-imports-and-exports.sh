#!/bin/bash
# Import and export, there and back, in every form; a running container is left alone.
. "$(dirname "$0")/../library.sh"
fresh
serve
machines=/var/lib/machines
make_tree "$work/tree"
mkdir "$work/tree/srv"
echo one >"$work/tree/srv/file"
ln "$work/tree/srv/file" "$work/tree/srv/same"
chmod 2750 "$work/tree/srv"
chown 1000:33 "$work/tree/srv/file"
setfattr -n user.note -v here "$work/tree/srv/file"
mkfifo "$work/tree/srv/fifo"
truncate --size=40M "$work/tree/srv/sparse"
printf end | dd of="$work/tree/srv/sparse" bs=1 seek=30000000 conv=notrunc status=none

# listing DIRECTORY: all that matters of a tree, in one text. The root's times and attributes are not compared: image directories have their own.
listing() {
  (cd "$1" && find . -mindepth 1 -printf '%p %y %m %U:%G %s %n %l %T@\n' | sed 's/^\(.* d [0-9]* [0-9:]*\) [0-9]* [0-9]*/\1/' | sort
    getfattr -R -d -m - . 2>/dev/null | grep -v '^# file: \.$' | grep -vE '^(user\.|trusted\.)(source|crtime|ferry)|^$'
    find . -type f -print0 | sort -z | xargs -0 sha256sum)
}
listing "$work/tree" >"$work/wanted"
is_the_tree() { listing "$1" | diff "$work/wanted" - >"$work/difference" || fail "$1 differs: $(head -n 8 "$work/difference")"; }

step "a directory in, every kind of archive out, and in again"
expect 0 ferryctl import-fs -m "$work/tree" tree
is_the_tree $machines/tree
for ending in tar tar.gz tar.xz tar.zst tar.bz2; do
  expect 0 ferryctl export-tar -m tree "$work/out.$ending"
  expect 0 ferryctl import-tar -m "$work/out.$ending" "in-$ending"
  is_the_tree "$machines/in-$ending"
done
file -b "$work/out.tar.zst" 2>/dev/null || true
[ "$(stat -c %s "$work/out.tar")" -lt 10000000 ] || fail "the hole in the tree is in the archive"

step "GNU tar finds the same in it"
mkdir "$work/unpacked"
tar -C "$work/unpacked" --xattrs --xattrs-include='*' --numeric-owner -xf "$work/out.tar"
is_the_tree "$work/unpacked"

step "through pipes"
ferryctl export-tar -m tree - | ferryctl import-tar -m - piped
is_the_tree $machines/piped

step "disks, there and back; holes stay"
truncate --size=64M "$work/disk.raw"
head -c 3M /dev/urandom | dd of="$work/disk.raw" bs=1M seek=20 conv=notrunc status=none
expect 0 ferryctl import-raw -m "$work/disk.raw" disk
cmp "$work/disk.raw" $machines/disk.raw
[ "$(du --block-size=1M $machines/disk.raw | cut -f1)" -lt 10 ] || fail "the hole was filled"
for ending in raw raw.gz raw.xz raw.zst raw.bz2; do
  expect 0 ferryctl export-raw -m disk "$work/out.$ending"
  expect 0 ferryctl import-raw -m "$work/out.$ending" "disk-${ending##*.}"
  cmp "$work/disk.raw" "$machines/disk-${ending##*.}.raw"
done

step "to ext4 classes, too"
expect 0 ferryctl import-fs -P "$work/tree" tree
is_the_tree /var/lib/portables/tree
expect 0 ferryctl import-tar -S --read-only "$work/out.tar.xz" tree
is_the_tree /var/lib/extensions/tree
expect 1 touch /var/lib/extensions/tree/written
expect 0 ferryctl import-raw -C "$work/disk.raw" disk
cmp "$work/disk.raw" /var/lib/confexts/disk.raw
expect 0 ferryctl remove-image -S tree

step "the container that runs is left alone"
expect 0 ferryctl clone-image tree running
systemd-run --quiet --unit=running-container systemd-nspawn --quiet --keep-unit --register=no -D $machines/running /bin/sleep 300
at_exit+=('systemctl stop running-container.service 2>/dev/null')
# All of the command line: that of systemd-nspawn ends with the same words.
in_there() { pgrep -fx '/bin/sleep 300'; }
wait_for 10 in_there
expect 5 ferryctl import-fs -m --force "$work/tree" running
contains "$output" 'in use'
expect 5 ferryctl remove-image running
contains "$output" 'in use'
expect 5 ferryctl rename-image running away
contains "$output" 'in use'
# What is exported is a snapshot, of one moment.
expect 0 ferryctl export-tar -m running "$work/running.tar"
in_there >/dev/null || fail "the container was harmed"
systemctl stop running-container.service

step "names, copies, read-only"
expect 0 ferryctl rename-image running away
expect 0 ferryctl read-only-image away yes
expect 1 touch $machines/away/written
expect 0 ferryctl read-only-image away no
touch $machines/away/written
expect 0 ferryctl remove-image away
[ ! -e $machines/away ] || fail "it is still there"
no_leftovers
