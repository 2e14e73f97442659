#!/bin/bash
# Stopping, hanging and logging: callers hear why, nothing is left, the watchdog ends a hung service, and the journal tells all.
. "$(dirname "$0")/../library.sh"
fresh
serve
make_tree "$work/tree"
head -c 30M /dev/urandom >"$work/tree/usr/payload"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
head -c 30M /dev/urandom >"$www/disk.raw"
publish "$www/tree.tar.gz"

transferring() { [ -n "$(leftovers)" ]; }
two_pulls() { [ "$(ferryctl list-transfers --no-legend | grep -c pull)" = 2 ]; }

step "systemctl stop in mid-transfer: the callers hear why, and nothing is left"
ferryctl pull-tar -m --verify=checksum "$slowest/tree.tar.gz" tree >"$work/tar" 2>&1 &
tar=$!
varlinkctl call --more "$socket" io.systemd.Import.Pull \
  "{\"remote\":\"$slowest/disk.raw\",\"type\":\"raw\",\"class\":\"machine\",\"verify\":\"checksum\"}" >"$work/raw" 2>&1 &
raw=$!
wait_for 20 transferring
wait_for 20 two_pulls
# Not stop_service, which forgets the result.
systemctl stop ferry.service 2>/dev/null
same "$(systemctl show --property=Result --value ferry.service)" success "the result of the service"
! wait "$tar" || fail "the pull ended well"
! wait "$raw" || fail "the other pull ended well"
contains "$(cat "$work/tar")" 'service is stopping'
contains "$(cat "$work/raw")" 'service is stopping'
contains "$(cat "$work/raw")" 'TransferFailed'
no_leftovers
[ ! -e /var/lib/machines/tree ] && [ ! -e /var/lib/machines/disk.raw ] || fail "an incomplete image was placed"

step "the journal has priorities and the identifiers of transfers"
journal() { journalctl --boot --unit=ferry.service --output=json --output-fields=PRIORITY,MESSAGE "$@"; }
id=$(sed -n 's/^Transfer \([0-9]*\) .*/\1/p' "$work/tar")
[ -n "$id" ] || fail "no identifier in: $(cat "$work/tar")"
journalctl --sync
contains "$(journal --grep="^transfer $id: ")" '"PRIORITY":"6".*pull-tar|pull-tar.*"PRIORITY":"6"'
contains "$(journal --grep="^transfer $id: .*stopping")" '"PRIORITY":"3"'
expect 7 ferryctl pull-raw -m --verify=checksum "$url/absent.raw"
journalctl --sync
contains "$(journal --priority=err --grep='^transfer [0-9]+: .*404')" '"PRIORITY":"3"'

step "secrets stay out of it"
expect 7 ferryctl pull-raw -m --verify=no "http://someone:secret-password@127.0.0.1:8000/absent.raw?token=secret-token"
journalctl --sync
lacks "$(journalctl --boot --output=export)" 'http://someone:secret|^MESSAGE=.*transfer.*secret-token'

step "the log level is changed while it runs"
expect 0 varlinkctl call $socket io.systemd.service.SetLogLevel '{"level":7}'
expect 0 ferryctl pull-raw -m --verify=checksum -N "$url/disk.raw" debugged
journalctl --sync
contains "$(journal --priority=debug..debug --grep='^transfer ')" '"PRIORITY":"7"'
stop_service

step "a hung service is ended by the watchdog, its leftovers are removed by the next one"
mkdir -p /run/systemd/system/ferry.service.d
at_exit+=('rm -rf /run/systemd/system/ferry.service.d; systemctl daemon-reload')
# Long enough for a service that is healthy and gets little of a busy processor.
printf '[Service]\nWatchdogSec=20s\nTimeoutAbortSec=5s\n' >/run/systemd/system/ferry.service.d/quick.conf
systemctl daemon-reload
ferryctl pull-tar -m --verify=checksum "$slowest/tree.tar.gz" tree >"$work/hung" 2>&1 &
hung=$!
wait_for 20 transferring
wait_for 10 systemctl is-active ferry.service
healthy=$(main_process)
# When systemd last heard from it, in microseconds; the first time is when it was ready.
heard() { systemctl show --property=WatchdogTimestampMonotonic --value ferry.service; }
first=$(heard)
heard_again() { [ "$(heard)" != "$first" ]; }
wait_for 20 heard_again
same "$(main_process)" "$healthy" "the service, which is healthy and which the watchdog must leave alone,"
kill -STOP "$healthy"
! wait "$hung" || fail "the pull ended well"
contains "$(cat "$work/hung")" 'service'
wait_for 20 sh -c '[ "$(systemctl show --property=ActiveState --value ferry.service)" = failed ]'
same "$(systemctl show --property=Result --value ferry.service)" watchdog
same "$(find /sys/fs/cgroup/system.slice/ferry.service -name cgroup.procs -exec cat {} + 2>/dev/null)" "" "what still runs"
transferring || fail "there is nothing to clean: the story does not test it"
rm -rf /run/systemd/system/ferry.service.d
systemctl daemon-reload
expect 0 ferryctl list-images
wait_for 10 never transferring
[ ! -e /var/lib/machines/tree ] || fail "an incomplete image was placed"

step "systemd-run --user and the user's own units"
systemctl start user@"$(id -u anna)".service
user() { as anna env XDG_RUNTIME_DIR="/run/user/$(id -u anna)" "$@"; }
same "$(user systemctl --user is-active ferry.socket)" active
expect 0 user ferryctl --user pull-tar -m --verify=checksum "$url/tree.tar.gz" own
cmp "$work/tree/usr/payload" ~anna/.local/state/machines/own/usr/payload
same "$(user systemctl --user show --property=ActiveState --value ferry.service)" active
same "$(readlink -f "/run/user/$(id -u anna)/varlink/registry/io.ferry.Transfer")" "/run/user/$(id -u anna)/ferry/io.ferry.Transfer"
systemctl stop user@"$(id -u anna)".service
