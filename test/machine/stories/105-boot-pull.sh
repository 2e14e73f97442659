#!/bin/bash
# A machine that is told at boot what to pull (systemd.pull=, here as a credential), with Ferry in systemd-importd's place: a container
# that really boots, with the units that systemd-import-generator makes for it.
. "$(dirname "$0")/../library.sh"
fresh
serve
make_os "$www/os.tar.zst"
make_tree "$work/tree"
echo mark >"$work/tree/mark"
publish "$www/os.tar.zst"
expect 0 ferryctl pull-tar -m -N --verify=checksum "$url/os.tar.zst" starting
root=/var/lib/machines/starting

step "installed in an image that does not run, Ferry takes the place as well"
expect 0 systemd-nspawn --quiet --register=no --keep-unit --bind-ro="$source_directory:/source" -D $root /source/install.sh --replace-importd
[ -e $root/etc/systemd/system/systemd-importd.socket.d/ferry.conf ] || fail "there is no drop-in"
tar -C "$work/tree" -czf $root/srv/tree.tar.gz .

step "it boots, and pulls"
printf 'machine,tar,verify=no:booted:file:///srv/tree.tar.gz\n' >"$work/pull"
systemd-run --quiet --unit=starting.service --property=KillMode=mixed --property=Delegate=yes \
  systemd-nspawn --quiet --boot --keep-unit --private-network --load-credential="import.pull:$work/pull" -D $root -M starting
# What happened in there, for who reads why it failed.
at_exit+=('[ -n "${done:-}" ] || journalctl --machine=starting --boot --no-pager --lines=80'
  'machinectl terminate starting 2>/dev/null; systemctl stop starting.service 2>/dev/null')
# Nothing of the boot waits for the pull, and its unit is gone when it has ended.
wait_for 90 test -e $root/var/lib/machines/booted/mark
cmp "$work/tree/mark" $root/var/lib/machines/booted/mark
same "$(systemctl -M starting show --property=Result --value import0.service)" success "the result of the pull"
expect 0 systemd-run --quiet --wait --pipe -M starting journalctl --sync
contains "$(journalctl --machine=starting --boot --unit=ferry.service --output=cat)" 'pull-tar of file:///srv/tree.tar.gz'
expect 0 systemd-run --quiet --wait --pipe -M starting varlinkctl info /run/systemd/io.systemd.Import
contains "$output" 'Ferry'
done=yes
