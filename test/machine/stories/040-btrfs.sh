#!/bin/bash
# /var/lib/machines on btrfs: pristine read-only subvolumes, snapshots that share their extents, one download for many instances.
. "$(dirname "$0")/../library.sh"
fresh
serve
machines=/var/lib/machines
same "$(stat -f -c %T $machines)" btrfs "the file system"

make_tree "$work/tree"
# Incompressible, and large enough that shared extents show.
head -c 12M /dev/urandom >"$work/tree/usr/payload"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
{ head -c 8M /dev/urandom; head -c 40M /dev/zero; head -c 8M /dev/urandom; } >"$www/disk.raw"
publish "$www/tree.tar.gz"

is_subvolume() { [ "$(stat -c %i "$1")" = 256 ]; }
is_read_only() { [ "$(btrfs property get -ts "$1" ro)" = ro=true ]; }
uuid_of() { btrfs subvolume show "$1" | sed -n 's/^\s*UUID:\s*//p'; }
parent_of() { btrfs subvolume show "$1" | sed -n 's/.*Parent UUID:\s*//p'; }
# Bytes that only this tree has, as btrfs counts them.
exclusive() { btrfs filesystem du --raw --summarize "$1" | awk 'NR == 2 { print $2 }'; }

step "a pulled tree is a writable snapshot of a pristine, read-only subvolume"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.gz" first
pristine=$(find $machines -maxdepth 1 -name '.tar-*' ! -name '*.proofs')
same "$(wc -l <<<"$pristine")" 1 "the number of pristine trees"
is_subvolume "$pristine" && is_read_only "$pristine" || fail "$pristine is no read-only subvolume"
is_subvolume $machines/first || fail "first is no subvolume"
! is_read_only $machines/first || fail "first is read-only"
same "$(parent_of $machines/first)" "$(uuid_of "$pristine")" "what it is a snapshot of"
cmp "$work/tree/usr/payload" $machines/first/usr/payload

step "they share their extents"
sync -f $machines
[ "$(exclusive $machines/first)" -lt 1000000 ] || fail "first has $(exclusive $machines/first) bytes of its own"

step "a second instance needs no second download"
same "$(downloads /tree.tar.gz)" 1 "the number of downloads"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.gz" second
same "$(downloads /tree.tar.gz)" 1 "the number of downloads"
[ "$(exclusive $machines/second)" -lt 1000000 ] || fail "second has $(exclusive $machines/second) bytes of its own"
echo changed >$machines/second/etc/changed
[ ! -e $machines/first/etc/changed ] || fail "the instances are the same"

step "two at the same time download once, too"
rm -rf $machines/.tar-* 2>/dev/null || btrfs subvolume delete $machines/.tar-* >/dev/null
: >"$http_log"
ferryctl pull-tar -m --verify=checksum "$slow/tree.tar.gz" third >"$work/third" 2>&1 &
third=$!
ferryctl pull-tar -m --verify=checksum "$slow/tree.tar.gz" fourth >"$work/fourth" 2>&1 || fail "$(cat "$work/fourth")"
wait "$third" || fail "$(cat "$work/third")"
same "$(downloads /tree.tar.gz)" 1 "the number of downloads"
cmp $machines/third/usr/payload $machines/fourth/usr/payload

step "only the pristine tree, with '-' for a name"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.gz" -
[ ! -e $machines/- ] || fail "there is an image '-'"

step "raw images: the writable copy is a reflink, holes stay holes"
expect 0 ferryctl pull-raw -m --verify=checksum "$url/disk.raw" disk
cmp "$www/disk.raw" $machines/disk.raw
sync -f $machines
shared=$(filefrag -v $machines/disk.raw | grep -c shared || true)
[ "$shared" -gt 0 ] || fail "no extent of disk.raw is shared: $(filefrag -v $machines/disk.raw)"
[ "$(exclusive $machines/disk.raw)" -lt 100000 ] || fail "disk.raw has $(exclusive $machines/disk.raw) bytes of its own"
[ "$(du --block-size=1 $machines/disk.raw | cut -f1)" -lt 20000000 ] || fail "the hole was filled"
pristine_raw=$(find $machines -maxdepth 1 -name '.raw-*.raw')
same "$(stat -c %a "$pristine_raw")" 444 "the mode of the pristine disk"
[ -w $machines/disk.raw ] && same "$(stat -c %a $machines/disk.raw)" 644 "the mode of the disk"

step "imported trees are subvolumes of their own"
expect 0 ferryctl import-fs -m "$work/tree" from-directory
expect 0 ferryctl import-tar -m "$www/tree.tar.gz" from-archive
for name in from-directory from-archive; do
  is_subvolume $machines/$name || fail "$name is no subvolume"
  same "$(parent_of $machines/$name)" - "what $name is a snapshot of"
  cmp "$work/tree/usr/payload" $machines/$name/usr/payload
done
expect 0 ferryctl import-tar -m --read-only "$www/tree.tar.gz" read-only
is_read_only $machines/read-only || fail "what was imported read-only is not"

step "a clone is a snapshot"
expect 0 ferryctl clone-image from-archive cloned
same "$(parent_of $machines/cloned)" "$(uuid_of $machines/from-archive)" "what the clone is a snapshot of"
! is_read_only $machines/cloned || fail "the clone is read-only"
sync -f $machines
[ "$(exclusive $machines/cloned)" -lt 1000000 ] || fail "the clone has $(exclusive $machines/cloned) bytes of its own"
expect 0 ferryctl clone-image disk cloned-disk
cmp "$www/disk.raw" $machines/cloned-disk.raw
sync -f $machines
[ "$(exclusive $machines/cloned-disk.raw)" -lt 100000 ] || fail "the cloned disk has $(exclusive $machines/cloned-disk.raw) bytes of its own"

step "what is exported is a read-only snapshot: what changes meanwhile is not in it"
mkfifo "$work/pipe"
ferryctl export-tar -m from-archive - >"$work/pipe" 2>"$work/exported" &
export=$!
# Nothing is read from it yet, and it holds less than the payload.
exec 7<"$work/pipe"
snapshot() { find $machines/.#ferry-export-* -maxdepth 1 -inum 256 2>/dev/null | grep .; }
wait_for 20 snapshot
is_read_only "$(snapshot)" || fail "$(snapshot) is writable"
same "$(parent_of "$(snapshot)")" "$(uuid_of $machines/from-archive)" "what is exported"
head -c 12M /dev/zero >$machines/from-archive/usr/payload
echo changed >$machines/from-archive/etc/changed
tar -xf - -C "$work" --one-top-level=unpacked <&7
exec 7<&-
wait "$export" || fail "$(cat "$work/exported")"
cmp "$work/tree/usr/payload" "$work/unpacked/usr/payload"
[ ! -e "$work/unpacked/etc/changed" ] || fail "the archive has what came later"
no_leftovers
expect 0 ferryctl remove-image from-archive from-directory read-only cloned cloned-disk

step "--force replaces a read-only tree and a read-only disk"
expect 0 ferryctl pull-tar -m --verify=checksum --read-only --force "$url/tree.tar.gz" first
is_read_only $machines/first || fail "first is writable"
expect 4 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.gz" first
contains "$output" 'first.*exists'
expect 0 ferryctl pull-tar -m --verify=checksum --force "$url/tree.tar.gz" first
! is_read_only $machines/first || fail "first is still read-only"
expect 0 ferryctl pull-raw -m --verify=checksum --read-only --force "$url/disk.raw" disk
expect 0 ferryctl pull-raw -m --verify=checksum --force "$url/disk.raw" disk
cmp "$www/disk.raw" $machines/disk.raw

step "--force replaces the other form of the name"
expect 0 ferryctl pull-raw -m --verify=checksum --force "$url/disk.raw" first
[ ! -e $machines/first ] && [ -f $machines/first.raw ] || fail "there is a tree and a disk of one name"

step "machinectl knows what Ferry placed"
expect 0 machinectl list-images --all --no-legend
for name in second third fourth disk first; do contains "$output" "^ *$name "; done
expect 0 machinectl clone second fifth
expect 0 machinectl remove fifth
expect 0 machinectl read-only second true
contains "$(ferryctl list-images -m)" 'second .*(ro|yes)'
expect 0 machinectl clean
same "$(find $machines -maxdepth 1 \( -name '.tar-*' -o -name '.raw-*' \) ! -name '*.proofs')" "" "what 'machinectl clean' left"
no_leftovers

step "clean removes proofs that machinectl has left without their download"
[ -n "$(find $machines -maxdepth 1 -name '*.proofs')" ] || fail "there are no proofs"
expect 0 ferryctl clean
same "$(find $machines -maxdepth 1 -name '*.proofs')" "" "what clean left"

step "clean removes pristine downloads"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.gz" sixth
expect 0 ferryctl clean
same "$(find $machines -maxdepth 1 -name '.tar-*')" "" "what clean left"
expect 0 ferryctl remove-image sixth second
[ ! -e $machines/sixth ] && [ ! -e $machines/second ] || fail "an image is still there"
