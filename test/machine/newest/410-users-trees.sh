#!/bin/bash
# Trees of an ordinary user in the foreign UID range: systemd's programs and Ferry each manage the other's.
# shellcheck source=../library.sh
. "$(dirname "$0")/../library.sh"

first=2147352576
home=/home/anna
images=$home/.local/state/machines
tree=$work/tree
as_anna() { setpriv --reuid=anna --regid=anna --init-groups env -C / HOME=$home "XDG_RUNTIME_DIR=/run/user/$(id -u anna)" "$@"; }

step "systemd-nsresourced gives a user the range"
mkdir -p "/run/user/$(id -u anna)" && chown anna: "/run/user/$(id -u anna)" && chmod 0700 "/run/user/$(id -u anna)"
# Containers lack what systemd-nsresourced looks for.
mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security || true
mkdir -p /sys/fs/bpf && { mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf; } || true
# An emulated processor takes minutes for the rules that it loads into the kernel.
mkdir -p /run/systemd/system/systemd-nsresourced.service.d
printf '[Service]\nWatchdogSec=0\nTimeoutStartSec=infinity\n' >/run/systemd/system/systemd-nsresourced.service.d/slow.conf
systemctl daemon-reload
systemctl restart systemd-nsresourced.service || skip "systemd-nsresourced does not start here"
allocate='{"name":"story","size":1,"target":0,"userNamespaceFileDescriptor":0,"type":"self","mapForeign":true}'
if ! map=$(as_anna unshare --user varlinkctl --exec call --push-fd=/proc/self/ns/user /run/systemd/io.systemd.NamespaceResource \
  io.systemd.NamespaceResource.AllocateUserRange "$allocate" -- cat /proc/self/uid_map 2>&1); then
  skip "systemd-nsresourced cannot work with this kernel: $(tail -n 1 <<<"$map")"
fi
contains "$map" "^ *$first +$first +65536$"

step "a tree with many owners"
mkdir -p "$tree"/{etc,usr/bin,proc,sys,dev,run,tmp,var,secret}
cp /usr/bin/busybox "$tree/usr/bin/"
ln -s usr/bin "$tree/bin"
for name in sh id cat stat; do ln -s busybox "$tree/usr/bin/$name"; done
echo ID=story >"$tree/etc/os-release"
echo secret >"$tree/secret/key"
chown 7:8 "$tree/etc/os-release"
chown -R 33:34 "$tree/secret"
chmod 0700 "$tree/secret"
setfacl -m u:5:rw "$tree/etc/os-release"
tar --xattrs --acls --numeric-owner -C "$tree" -cf "$home/tree.tar" .
chown anna: "$home/tree.tar"

# What is the same of all trees that are made of it.
seen() { (cd "$1" && find . -printf '%U %G %m %y %p\n' | sort && getfacl --numeric --skip-base --recursive .); }

step "systemd makes one, and Ferry another: they are alike"
as_anna /usr/lib/systemd/systemd-import --user tar "$home/tree.tar" systemds
as_anna ferryctl --user import-tar "$home/tree.tar" ferrys
same "$(stat -c %u:%g "$images/ferrys/etc/os-release")" "$((first + 7)):$((first + 8))"
diff <(seen "$images/systemds") <(seen "$images/ferrys") || fail "the trees differ"
expect 0 as_anna ferryctl --user show ferrys
contains "$output" 'Owners: foreign UID range'

step "Ferry clones, exports, renames and removes that of systemd"
expect 0 as_anna ferryctl --user clone-image systemds copied
diff <(seen "$images/systemds") <(seen "$images/copied") || fail "the clone differs"
expect 0 as_anna ferryctl --user export-tar systemds "$home/exported.tar"
contains "$(tar --numeric-owner -tvf "$home/exported.tar")" '33/34 .* ./secret/key$'
expect 0 as_anna ferryctl --user rename-image copied renamed
expect 0 as_anna ferryctl --user remove-image renamed systemds
[ ! -e "$images/systemds" ] || fail "the tree is still there"

step "systemd replaces that of Ferry"
as_anna /usr/lib/systemd/systemd-import --user --force tar "$home/tree.tar" ferrys

step "a container of the user starts from one of Ferry"
as_anna ferryctl --user import-tar "$home/tree.tar" started
expect 0 as_anna timeout 300 systemd-nspawn --user --machine=started --private-network --console=pipe /bin/sh -c 'id -u; stat -c %u /secret'
contains "$output" '^0'
contains "$output" '^33'
as_anna ferryctl --user remove-image started ferrys
