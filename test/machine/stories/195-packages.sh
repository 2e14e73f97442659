#!/bin/bash
# The Debian packages: installed, upgraded while a transfer runs, in systemd-importd's place, removed and purged.
. "$(dirname "$0")/../library.sh"
fresh
serve
packages=$source_directory/packages
import=/run/systemd/io.systemd.Import
product() { varlinkctl info --json=short $import | sed 's/.*"product":"\([^"]*\)".*/\1/'; }
version() { dpkg-query --show --showformat='${Version}' ferry; }
head -c 4M /dev/urandom >"$www/disk.raw"
publish "$www/disk.raw"
cp -a "$source_directory" "$work/source"
at_exit+=('dpkg --purge ferry-importd ferry; "$work/source/install.sh"')
# left: what still has Ferry's name where packages put files.
left() { find /etc /usr /var/lib -ignore_readdir_race -path /usr/share/doc -prune -o \( -name '*ferry*' ! -name '*ferry-test*' ! -path '/var/lib/dpkg/*' ! -path '/var/lib/machines/*' \) -print; }

step "without install.sh's files nothing of Ferry is left"
expect 0 "$work/source/install.sh" --uninstall
rm -rf /var/lib/ferry /etc/ferry
same "$(left)" "" "what is left"

step "installed: the sockets wait, the service does not run"
# The README's command, word for word.
ln -s "$packages/first" "$work/source/release"
sed -n '/^```sh machine (installs a package)$/,/^```$/ { /^```/d; p }' "$source_directory/README.md" >"$work/install-package"
[ -s "$work/install-package" ] || fail "the README does not say how a package is installed"
expect 0 env --chdir="$work/source" bash -euo pipefail "$work/install-package"
same "$(systemctl is-active ferry.socket)" active
same "$(systemctl is-enabled ferry.socket)" enabled
same "$(systemctl --global is-enabled ferry.socket)" enabled
same "$(systemctl is-active ferry.service || true)" inactive
getent passwd ferry-stream >/dev/null || fail "there is no account ferry-stream"
expect 0 systemd-analyze verify --man=no ferry.service ferry.socket
expect 0 ferryctl pull-raw -m --verify=checksum "$url/disk.raw" packaged
cmp "$www/disk.raw" /var/lib/machines/packaged.raw
same "$(systemctl is-active ferry.service)" active
first=$(version)

step "upgraded while a transfer runs: that ends well, and the next one is the new version's"
ferryctl pull-raw -m --verify=checksum "$slowest/disk.raw" slow >"$work/slow" 2>&1 &
slow_pull=$!
wait_for 10 sh -c "ferryctl list-transfers | grep -q slow"
old=$(systemctl show --property=MainPID --value ferry.service)
expect 0 dpkg --install "$packages"/next/ferry_*.deb
[ "$(version)" != "$first" ] || fail "the version is still $first"
kill -0 "$slow_pull" || fail "the transfer ended before the upgrade: $(cat "$work/slow")"
wait "$slow_pull" || fail "the transfer failed: $(cat "$work/slow")"
cmp "$www/disk.raw" /var/lib/machines/slow.raw
wait_for 10 never kill -0 "$old"
expect 0 ferryctl pull-raw -m --verify=checksum "$url/disk.raw" after
cmp "$www/disk.raw" /var/lib/machines/after.raw
[ "$(systemctl show --property=MainPID --value ferry.service)" != "$old" ] || fail "the old service answers"
same "$(systemctl is-enabled ferry.socket)" enabled

step "what an administrator has disabled stays so"
expect 0 systemctl disable ferry.socket
expect 0 dpkg --install "$packages"/first/ferry_*.deb
same "$(systemctl is-enabled ferry.socket || true)" disabled
expect 0 systemctl enable ferry.socket

step "in the place of systemd-importd and importctl, and away again"
contains "$(product)" importd
expect 0 dpkg --install "$packages"/first/ferry-importd_*.deb
contains "$(product)" Ferry
same "$(readlink -f /usr/bin/importctl)" /usr/lib/ferry/importctl
[ -x /usr/bin/importctl.systemd ] || fail "systemd's importctl was not kept"
expect 0 importctl pull-raw -m --verify=checksum "$url/disk.raw" by-importctl
cmp "$www/disk.raw" /var/lib/machines/by-importctl.raw
expect 0 machinectl list-images
expect 0 systemd-analyze verify --man=no ferry.service systemd-importd.socket ferry-importd-aside.socket systemd-importd.service
expect 0 dpkg --purge ferry-importd
contains "$(product)" importd
[ ! -L /usr/bin/importctl ] && [ ! -e /usr/bin/importctl.systemd ] || fail "importctl is not systemd's again"
expect 0 varlinkctl info $socket
systemctl --quiet --no-warn stop systemd-importd.service

step "removed: no process and no program is left, and purged no history, but the images are"
expect 0 ferryctl list-images
expect 0 dpkg --remove ferry
same "$(systemctl is-active ferry.service ferry.socket || true)" "$(printf 'inactive\ninactive')"
[ ! -e /usr/bin/ferryctl ] && [ -d /var/lib/ferry ] || fail "programs are left, or the history is gone"
expect 0 dpkg --purge ferry
same "$(left)" "" "what is left"
for name in packaged slow after; do cmp "$www/disk.raw" "/var/lib/machines/$name.raw"; done
