#!/bin/bash
# The socket starts the service, which ends after 30 idle seconds, and whoever comes at that moment is answered.
. "$(dirname "$0")/../library.sh"
fresh
serve

running() { [ "$(main_process)" != 0 ]; }

step "the first call starts the service"
same "$(state_of ferry.service)" inactive
expect 0 ferryctl list-transfers
same "$(state_of ferry.service)" active
first=$(main_process)

step "a transfer without a client keeps it alive, and it ends 30 seconds after that"
head -c 3M /dev/urandom >"$www/three.raw"
publish "$www/three.raw"
expect 0 varlinkctl call $socket io.systemd.Import.Pull "{\"remote\":\"$slowest/three.raw\",\"type\":\"raw\",\"class\":\"machine\",\"verify\":\"checksum\"}"
contains "$output" '"id"'
began=$SECONDS
wait_for 60 test -e /var/lib/machines/three.raw
cmp "$www/three.raw" /var/lib/machines/three.raw
same "$(main_process)" "$first" "the process"
# 3 MB at 100 kB/s have kept it for nearly 30 seconds already: it must not count those as idle.
sleep 20
same "$(main_process)" "$first" "the process, 20 seconds after the transfer"
wait_for 25 never running
echo "# gone $((SECONDS - began)) seconds after the call"
same "$(systemctl show --property=Result --value ferry.service)" success
same "$(state_of ferry.socket)" active

step "identifiers go on where the last service left off"
id() { ferryctl --json=short pull-raw --verify=no -N --force "$url/three.raw" again >/dev/null && cat /run/ferry/last-transfer; }
before=$(id)
stop_service
after=$(id)
[ "$after" -gt "$before" ] || fail "identifier $after after $before"

step "SYSTEMD_EXIT_ON_IDLE=0 keeps it"
mkdir -p /run/systemd/system/ferry.service.d
at_exit+=('rm -rf /run/systemd/system/ferry.service.d; systemctl daemon-reload')
printf '[Service]\nEnvironment=SYSTEMD_EXIT_ON_IDLE=0\n' >/run/systemd/system/ferry.service.d/stay.conf
systemctl daemon-reload
systemctl restart ferry.service
stays=$(main_process)
sleep 33
same "$(main_process)" "$stays" "the process"
rm -rf /run/systemd/system/ferry.service.d
systemctl daemon-reload
stop_service
