#!/bin/bash
# -H: over a real sshd, with user, port and container, on another machine: a container with a network, a Ferry and images of its own. Every
# verb is judged by what is there.
. "$(dirname "$0")/../library.sh"
. "$(dirname "$0")/../images.sh"
. "$(dirname "$0")/../elsewhere.sh"
fresh
serve
make_sources
copy_os far inner
# In it another one is started.
mkdir -p /run/systemd/system/systemd-nspawn@far.service.d
at_exit+=('rm -rf /run/systemd/system/systemd-nspawn@far.service.d; systemctl daemon-reload')
printf '[Service]\nEnvironment=SYSTEMD_NSPAWN_API_VFS_WRITABLE=1\n' >/run/systemd/system/systemd-nspawn@far.service.d/writable.conf
systemctl daemon-reload
network=yes
boot_container far PrivateUsers=no Capability=all
far=$(root_of far)
machines=$far/var/lib/machines
in_far() { systemd-run --quiet --wait --pipe -M far "$@"; }
ip address add 10.77.0.1/24 dev ve-far
ip link set ve-far up
in_far ip address add 10.77.0.2/24 dev host0
in_far ip link set host0 up

mkdir -p /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
for home in /root /home/anna; do
  mkdir -p "$far$home/.ssh"
  cp "$work/key.pub" "$far$home/.ssh/authorized_keys"
  chmod 700 "$far$home/.ssh"
done
chown -R anna: "$far/home/anna/.ssh"
printf 'Host *\n IdentityFile %s\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n' "$work/key" >/root/.ssh/config
at_exit+=('rm -rf /root/.ssh')
systemd-run --quiet -M far --unit=test-sshd --property=RuntimeDirectory=sshd /usr/sbin/sshd -D -p 2222
there=root@10.77.0.2:2222
annas=anna@10.77.0.2:2222
wait_for 10 ssh -p 2222 root@10.77.0.2 true

step "a pull happens there, before a server runs there"
expect 7 ferryctl -H $there pull-raw -m --verify=no "$url/disk.raw" pulled
contains "$output" '127.0.0.1:8000'

serve_in far
serve_images_in far
every_verb far -H $there
# Not where each call takes seconds.
is_vm || know_there roots "$machines" "$far/etc/ferry/trust.d" -H $there
is_vm || know_there annas "$far/home/anna/.local/state/machines" "$far/home/anna/.config/ferry/trust.d" -H $annas --user
lacks "$(ferryctl -H $annas --user history --json=short)" 'cancelled|directory'
[ ! -e ~anna/.local/state/machines/known.raw ] && [ ! -e /etc/ferry/trust.d/roots.conf ] || fail "it was done here"

step "in a container there"
btrfs --quiet subvolume snapshot /var/lib/machines/inner "$machines/inner"
btrfs --quiet subvolume delete /var/lib/machines/inner
mkdir -p "$far/etc/systemd/nspawn"
printf '[Exec]\nPrivateUsers=no\n[Network]\nVirtualEthernet=no\nPrivate=yes\n' >"$far/etc/systemd/nspawn/inner.nspawn"
in_far machinectl start inner
wait_for 90 in_far systemctl -M inner is-active ferry.socket
expect 0 ferryctl -H $there/inner import-raw -m "$www/disk.raw" within
cmp "$www/disk.raw" "$machines/inner/var/lib/machines/within.raw"
expect 0 ferryctl -H $there/inner list-images --no-legend
contains "$output" 'within'
lacks "$output" 'other|pulled'

step "another user there: what polkit says of that user holds"
expect 9 ferryctl -H $annas --system --no-ask-password pull-raw -m --verify=checksum "$url/disk.raw" refused
contains "$output" 'authentication|permission'
[ ! -e "$machines/refused.raw" ] || fail "it was placed all the same"
expect 0 ferryctl -H $annas --system list-images --no-legend
contains "$output" 'other'
lacks "$output" ' far '

step "a link that is cut leaves half an image nowhere"
send_half "$www/disk.raw" | ferryctl -H $there import-raw -m - cut >"$work/cut" 2>&1 &
wait_for 10 sh -c "ls -d $machines/.#ferry-*"
# All connections of the server, not the server.
pkill -KILL -f 'sshd-session: root' || pkill -KILL -f 'sshd: root'
wait_for 30 sh -c "! ls -d $machines/.#ferry-* 2>/dev/null"
[ ! -e "$machines/cut.raw" ] || fail "half an image was placed"
stop_sending

step "names that are no hosts are refused before ssh sees them"
for host in '-oProxyCommand=touch\ /tmp/owned' 'here;touch /tmp/owned' 'here$(touch /tmp/owned)'; do
  expect 2 ferryctl "--host=$host" list-images
done
[ ! -e /tmp/owned ] || fail "a command was run"
same "$(ls /var/lib/machines)" far "the images here"
