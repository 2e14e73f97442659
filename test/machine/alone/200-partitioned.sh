#!/bin/bash
# A partitioned disk image that was pulled boots in systemd-nspawn. It takes a machine with udev: a container skips it.
. "$(dirname "$0")/../library.sh"
is_vm || skip "a container has no udev, which makes the partitions' device nodes"
fresh
serve
machines=/var/lib/machines

step "a disk with a partition table and a root file system of this machine's own programs"
make_tree "$work/tree"
ln -sf busybox "$work/tree/usr/bin/init"
mkdir -p "$work/tree/sbin"
ln -sf /bin/busybox "$work/tree/sbin/init"
truncate --size=64M "$work/disk.raw"
# One partition of the type that says it is this architecture's root.
printf 'label: gpt\nstart=2048, size=120000, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709\n' | sfdisk --quiet "$work/disk.raw"
mkfs.ext4 -q -d "$work/tree" -E offset=$((2048 * 512)) "$work/disk.raw" 60000k
zstd -q "$work/disk.raw" -o "$www/disk.raw.zst"
publish "$www/disk.raw.zst"

step "pulled, it is what it was, and programs in it run"
expect 0 ferryctl pull-raw -m --verify=checksum "$url/disk.raw.zst" disk
cmp "$work/disk.raw" $machines/disk.raw
contains "$(machinectl list-images --no-legend)" '^ *disk +raw'
expect 0 systemd-dissect --no-pager $machines/disk.raw
contains "$output" 'root'
expect 0 systemd-nspawn --quiet --register=no --keep-unit --private-network -M disk /bin/cat /usr/lib/os-release
contains "$output" 'ID=ferrytest'

step "while it runs, it is busy"
systemd-run --quiet --unit=running-disk systemd-nspawn --quiet --keep-unit --register=no --private-network -M disk /bin/sleep 600
at_exit+=('systemctl stop running-disk.service 2>/dev/null')
# All of the command line: that of systemd-nspawn ends with the same words.
wait_for 10 pgrep -fx '/bin/sleep 600'
expect 5 ferryctl remove-image disk
contains "$output" 'in use'
expect 5 ferryctl pull-raw -m --force --verify=checksum "$url/disk.raw.zst" disk
contains "$output" 'in use'
systemctl stop running-disk.service
expect 0 ferryctl remove-image disk
