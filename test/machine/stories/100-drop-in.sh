#!/bin/bash
# In systemd-importd's place: its callers reach Ferry, its name on the bus does not take the socket back, and everything can be undone.
. "$(dirname "$0")/../library.sh"
fresh
serve
import=/run/systemd/io.systemd.Import
head -c 4M /dev/urandom >"$www/disk.raw"
make_tree "$work/tree"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
publish "$www/disk.raw"
cp -a "$source_directory" "$work/source"
at_exit+=('"$work/source/install.sh" --restore-importd; "$work/source/install.sh" --restore-importctl')
product() { varlinkctl info --json=short $import | sed 's/.*"product":"\([^"]*\)".*/\1/'; }
pull() { varlinkctl call --more --json=short --timeout=60 $import io.systemd.Import.Pull "{\"remote\":\"$1\",\"type\":\"raw\",\"class\":\"machine\",\"verify\":\"checksum\",\"local\":\"$2\"}"; }

step "before, systemd-importd answers"
contains "$(product)" importd
systemctl --quiet --no-warn stop systemd-importd.service

step "then Ferry does, on the same socket"
expect 0 "$work/source/install.sh" --replace-importd
contains "$(product)" Ferry
same "$(systemctl is-active systemd-importd.service)" inactive
expect 0 systemd-analyze verify --man=no ferry.service systemd-importd.socket ferry-importd-aside.socket systemd-importd.service
expect 0 varlinkctl info $socket
same "$(readlink -f /run/varlink/registry/io.ferry.Transfer)" $socket

step "a caller of systemd-importd gets what it knows"
expect 0 pull "$url/disk.raw" upstream
contains "$(head -n 1 <<<"$output")" '^\{"id":[0-9]+\}$'
contains "$output" '"progress":(1|1\.0|0\.[0-9]+)'
same "$(tail -n 1 <<<"$output")" '{}' "the last answer"
cmp "$www/disk.raw" /var/lib/machines/upstream.raw
same "$(find /var/lib/machines -maxdepth 1 -name '.raw-*')" "" "the pristine copy that nobody asked for"
expect 1 pull "$url/absent.raw" absent
contains "$output" 'io.systemd.Import.TransferFailed'
contains "$output" '"log":\{"priority":3,"message":".*absent\.raw'
# It lasts until it is cancelled.
pull "$slowest/disk.raw" twice >"$work/twice" 2>&1 &
twice=$!
wait_for 10 sh -c "varlinkctl call --more --json=short $import io.systemd.Import.ListTransfers '{}' | grep -q disk.raw"
expect 0 varlinkctl call --more --json=short $import io.systemd.Import.ListTransfers '{}'
contains "$output" '"type":"pull_raw","remote":"http://127.0.0.1:8002/disk.raw","local":"twice","class":"machine","percent":[0-9]'
id=$(sed -n 's/.*"id":\([0-9]*\),.*/\1/p' <<<"$output")
expect 1 pull "$slowest/disk.raw" thrice
contains "$output" 'AlreadyInProgress'
expect 0 varlinkctl call --more --json=short $import io.systemd.Import.ListTransfers '{}'
contains "$output" '"local":"twice"'
lacks "$output" 'thrice'
expect 0 ferryctl cancel-transfer "$id"
! wait "$twice" || fail "it ended well"
contains "$(cat "$work/twice")" 'TransferCancelled'
expect 1 varlinkctl call $import io.systemd.Import.ListTransfers '{}'
# Newer ones say it in words.
contains "$output" "ExpectedMore|called without 'more' flag"

step "idle, it ends, and the next call to either socket starts it again"
stop_service
contains "$(product)" Ferry
stop_service
expect 0 ferryctl list-images
contains "$(product)" Ferry
systemctl daemon-reexec
stop_service
contains "$(product)" Ferry

step "the bus name is still systemd's, and does not take the socket away"
expect 0 busctl call org.freedesktop.import1 /org/freedesktop/import1 org.freedesktop.import1.Manager ListTransfers
same "$(systemctl is-active systemd-importd.service)" active
contains "$(product)" Ferry
systemctl --quiet --no-warn stop systemd-importd.service
contains "$(product)" Ferry

step "units made at boot for systemd.pull= run unchanged"
mark_journal
mkdir "$work/normal" "$work/early" "$work/late"
SYSTEMD_PROC_CMDLINE="systemd.pull=machine,tar,verify=no:booted:$url/tree.tar.gz systemd.pull=sysext,raw,verify=checksum:boottools:$url/disk.raw" \
  /usr/lib/systemd/system-generators/systemd-import-generator "$work/normal" "$work/early" "$work/late"
found=0
for unit in "$work"/*/*.service; do
  [ -f "$unit" ] || continue
  found=$((found + 1))
  name=$(basename "$unit")
  cp "$unit" "/run/systemd/system/$name"
  at_exit+=("rm -f '/run/systemd/system/$name'")
  systemctl daemon-reload
  expect 0 systemctl start "$name"
done
same "$found" 2 "the number of generated units"
[ -e /var/lib/machines/booted/usr/bin/busybox ] || fail "machine image: $(ls -A /var/lib/machines)"
cmp "$www/disk.raw" /var/lib/extensions/boottools.raw
contains "$(since_mark ferry.service)" 'pull-tar of .*booted'

step "importctl is ferryctl, and machinectl reaches it"
mark_journal
expect 0 "$work/source/install.sh" --replace-importctl
expect 0 importctl --help
contains "$output" 'importctl'
expect 0 importctl --introspect-cli
contains "$output" '"names":\["importctl"\],"project":"ferry"'
expect 1 importctl pull-raw --verify=checksum "$url/disk.raw" classless
contains "$output" '--class'
expect 0 importctl pull-raw -m --verify=checksum "$url/disk.raw" bycall
machines=/var/lib/machines
expect 0 machinectl pull-raw --verify=checksum "$url/disk.raw" bymachine
cmp "$www/disk.raw" $machines/bymachine.raw
expect 0 machinectl pull-tar --verify=no "$url/tree.tar.gz" bytar
[ -e $machines/bytar/usr/bin/busybox ] || fail "there is no tree"
expect 0 machinectl import-raw "$www/disk.raw" byimport
cmp "$www/disk.raw" $machines/byimport.raw
expect 0 machinectl import-tar "$www/tree.tar.gz" byimporttar
expect 0 machinectl import-fs "$work/tree" byfs
[ -e $machines/byfs/usr/bin/busybox ] && [ -e $machines/byimporttar/usr/bin/busybox ] || fail "there is no tree"
expect 0 machinectl export-raw byimport "$work/exported.raw"
cmp "$www/disk.raw" "$work/exported.raw"
expect 0 machinectl export-tar byfs "$work/exported.tar.gz"
contains "$(tar -tzf "$work/exported.tar.gz")" 'bin/busybox$'
expect 0 machinectl list-transfers
contains "$(since_mark ferry.service)" "import-fs.*'byfs'"

step "installed again, the replacements stay; restored, all is as before"
expect 0 "$work/source/install.sh"
contains "$(product)" Ferry
expect 0 importctl --version
contains "$output" '[Ff]erry'
expect 0 "$work/source/install.sh" --restore-importctl
expect 0 importctl --version
contains "$output" 'systemd'
lacks "$(dpkg-divert --list)" importctl
expect 0 "$work/source/install.sh" --restore-importd
contains "$(product)" importd
same "$(find /etc/systemd/system -name '*ferry*' ! -path '*.wants/*' ! -name ferry-test.service)" "" "what is left"
systemctl --quiet --no-warn stop systemd-importd.service
expect 0 ferryctl list-images
