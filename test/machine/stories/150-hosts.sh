#!/bin/bash
# -H: over a real sshd on the loopback interface, with user, port and container; every verb.
. "$(dirname "$0")/../library.sh"
fresh
serve
make_tree "$work/tree"
echo mark >"$work/tree/mark"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
head -c 3M /dev/urandom >"$www/disk.raw"
publish "$www/tree.tar.gz"
machines=/var/lib/machines

mkdir -p /run/sshd /root/.ssh ~anna/.ssh
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
for home in /root ~anna; do cp "$work/key.pub" "$home/.ssh/authorized_keys"; done
chown -R anna: ~anna/.ssh
chmod 700 /root/.ssh ~anna/.ssh
printf 'Host *\n IdentityFile %s\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n' "$work/key" >/root/.ssh/config
/usr/sbin/sshd -p 2222 -o PidFile="$work/sshd.pid"
at_exit+=('kill "$(cat "$work/sshd.pid")"; rm -rf /root/.ssh ~anna/.ssh')

step "every verb, as root, on another port"
there=root@127.0.0.1:2222
expect 0 ferryctl -H $there pull-tar -m --verify=checksum "$url/tree.tar.gz" pulled
cmp "$work/tree/mark" $machines/pulled/mark
expect 0 ferryctl -H $there pull-raw -m --verify=checksum "$url/disk.raw" disk
expect 0 ferryctl -H $there import-tar -m "$www/tree.tar.gz" tree
expect 0 ferryctl -H $there import-raw -m "$www/disk.raw" raw
cmp "$www/disk.raw" $machines/raw.raw
expect 0 ferryctl -H $there import-fs -m "$work/tree" directory
cmp "$work/tree/mark" $machines/directory/mark
expect 0 ferryctl -H $there export-tar -m tree "$work/out.tar"
contains "$(tar -tf "$work/out.tar")" '^\./mark$'
expect 0 ferryctl -H $there export-oci -m tree "$work/out.oci"
contains "$(tar -tf "$work/out.oci")" '^index\.json$'
expect 0 ferryctl -H $there export-raw -m raw "$work/out.raw"
cmp "$www/disk.raw" "$work/out.raw"
expect 0 ferryctl -H $there list-images --no-legend
for name in pulled disk tree raw directory; do contains "$output" "$name"; done
expect 0 ferryctl -H $there list-transfers
expect 0 ferryctl -H $there rename-image raw renamed
expect 0 ferryctl -H $there clone-image renamed copy
expect 0 ferryctl -H $there read-only-image copy yes
expect 0 ferryctl -H $there remove-image copy
expect 0 ferryctl -H $there clean

step "what is known there of an image, to root and to a user"
# know_there NAME WORD…: asks the service that these words lead to everything about an image of its own, and adds a trust entry there.
know_there() {
  local name=$1 history
  shift
  expect 0 ferryctl "$@" pull-raw -m --verify=checksum "$url/disk.raw" known
  expect 0 ferryctl "$@" show known
  contains "$output" "Source: $url/disk.raw"
  expect 0 ferryctl "$@" verify known
  contains "$output" '^  proofs +good'
  expect 0 ferryctl "$@" verify --online known
  contains "$output" '^  server +good'
  expect 0 ferryctl "$@" df --no-legend
  contains "$output" '^machine +pristine'
  expect 0 ferryctl "$@" clean -m --keep=1
  expect 0 ferryctl "$@" clean -m --older-than=0s --dry-run
  contains "$output" 'would be removed'
  expect 0 ferryctl "$@" clean -m --older-than=0s
  expect 0 ferryctl "$@" df --no-legend
  lacks "$output" '^machine +pristine'
  journalctl --sync
  history=$(ferryctl "$@" history --json=short known)
  contains "$history" '"operation":"pull".*"verification":"checksum"'
  contains "$(ferryctl "$@" history --json=short)" '"operation":"clean"'
  expect 0 ferryctl "$@" trust list
  expect 0 ferryctl "$@" trust add --yes --name="$name" "https://$name.example/" "$work/there.pub"
  contains "$(ferryctl "$@" trust show --json=short "https://$name.example/disk.raw")" "\"name\":\"$name\""
}
echo 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3' >"$work/there.pub"
at_exit+=('rm -rf /etc/ferry/trust.d/roots.* ~anna/.config/ferry')
know_there roots -H $there
ls /etc/ferry/trust.d/roots.conf
know_there annas -H anna@127.0.0.1:2222 --user
ls ~anna/.config/ferry/trust.d/annas.conf ~anna/.local/state/machines/known.raw
lacks "$(ferryctl -H anna@127.0.0.1:2222 --user history --json=short)" 'cancelled|directory'

step "transfers there are listed and cancelled from here"
ferryctl -H $there pull-raw -m --verify=checksum -N "$slowest/disk.raw" cancelled >"$work/cancelled" 2>&1 &
pull=$!
wait_for 10 sh -c 'ferryctl list-transfers --no-legend | grep -q cancelled'
expect 0 ferryctl -H $there cancel-transfer "$(cat /run/ferry/last-transfer)"
! wait "$pull" || fail "it ended well"
contains "$(cat "$work/cancelled")" 'cancelled'

step "in a container there"
make_os "$www/os.tar.zst"
publish "$www/os.tar.zst"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/os.tar.zst" os
boot_container os PrivateUsers=no
expect 0 ferryctl -H $there/os import-raw -m "$www/disk.raw" within
cmp "$www/disk.raw" "/proc/$(machinectl show --property=Leader --value os)/root$machines/within.raw"
expect 0 ferryctl -H $there/os list-images --no-legend
contains "$output" 'within'
lacks "$output" 'renamed'

step "another user there: what polkit says of that user holds"
expect 9 ferryctl -H anna@127.0.0.1:2222 --system --no-ask-password pull-raw -m --verify=checksum "$url/disk.raw" refused
contains "$output" 'authentication|permission'
expect 0 ferryctl -H anna@127.0.0.1:2222 --system list-images --no-legend
contains "$output" 'renamed'

step "a link that is cut leaves half an image nowhere"
send_half "$www/disk.raw" | ferryctl -H $there import-raw -m - cut >"$work/cut" 2>&1 &
wait_for 10 sh -c "ls -d $machines/.#ferry-*"
# All connections of the server, not the server.
pkill -KILL -f 'sshd-session: root' || pkill -KILL -f 'sshd: root'
wait_for 30 sh -c "! ls -d $machines/.#ferry-* 2>/dev/null"
[ ! -e $machines/cut.raw ] || fail "half an image was placed"
stop_sending

step "names that are no hosts are refused before ssh sees them"
for host in '-oProxyCommand=touch\ /tmp/owned' 'here;touch /tmp/owned' 'here$(touch /tmp/owned)'; do
  expect 2 ferryctl "--host=$host" list-images
done
[ ! -e /tmp/owned ] || fail "a command was run"
