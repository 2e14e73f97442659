#!/bin/bash
# -M: Ferry in a booted container, without and with a user namespace of its own; every verb; a hostile container gets nothing.
. "$(dirname "$0")/../library.sh"
. "$(dirname "$0")/../images.sh"
. "$(dirname "$0")/../elsewhere.sh"
fresh
serve
make_sources
# inside NAME PATH: a file of the running container, from here.
inside() { echo "$(root_of "$1")$2"; }

containers=(plain mapped)
# An emulated machine takes minutes for each. This one meets more of the kernel.
if is_vm; then containers=(mapped); fi
copy_os "${containers[@]}"
for name in "${containers[@]}"; do
  case $name in
  plain) boot_container plain PrivateUsers=no ;;
  mapped) boot_container mapped PrivateUsers=pick ;;
  esac
  owner=$(awk '{ print $2 }' "/proc/$(machinectl show --property=Leader --value $name)/uid_map")
  [ $name = plain ] || [ "$owner" != 0 ] || fail "it has no users of its own"

  step "$name: a pull happens in there, before a server runs there"
  expect 7 ferryctl -M $name pull-raw -m --verify=no "$url/disk.raw" pulled
  contains "$output" '127.0.0.1:8000'

  serve_in $name
  serve_images_in $name
  every_verb $name -M $name

  step "$name: the service there acts with the rights of its own root"
  same "$(stat -c %u "$(inside $name /var/lib/machines/other)")" "$owner" "the owner, seen from here"
  same "$(systemctl -M $name show --property=ActiveState --value ferry.service)" active

  expect 0 systemctl -M $name start "user@$(id -u anna).service"
  own=$(inside $name /home/anna)
  is_vm || know_there roots "$(inside $name /var/lib/machines)" "$(inside $name /etc/ferry/trust.d)" -M $name --system
  is_vm || know_there annas "$own/.local/state/machines" "$own/.config/ferry/trust.d" -M anna@$name --user
  [ ! -e /etc/ferry/trust.d/roots.conf ] || fail "the entry is on the host"
  lacks "$(ferryctl history --json=short)" '"name":"known"'

  step "$name: the service of a user there"
  expect 0 ferryctl -M anna@$name --user import-tar -m "$www/tree.tar.gz" own
  cmp "$work/tree/mark" "$own/.local/state/machines/own/mark"
  same "$(stat -c %u "$own/.local/state/machines/own/mark")" "$((owner + $(id -u anna)))" "the owner, seen from here"

  step "$name: a client that is killed ends its import, and nothing is left in there"
  send_half "$www/disk.raw" | ferryctl -M $name import-raw -m - cut >"$work/cut" 2>&1 &
  wait_for 10 sh -c "ls -d '$(inside $name /var/lib/machines)'/.#ferry-*"
  kill -KILL "$(pgrep -f "ferryctl.js -M $name import-raw")"
  wait_for 20 sh -c "! ls -d '$(inside $name /var/lib/machines)'/.#ferry-* 2>/dev/null"
  [ ! -e "$(inside $name /var/lib/machines/cut.raw)" ] || fail "half an image was placed"
  stop_sending
done

step ".host is this host; a machine that is not there is named"
expect 0 ferryctl -M .host list-images --no-legend
contains "$output" 'mapped'
expect 3 ferryctl -M nobody list-images
contains "$output" 'nobody'

step "a container that puts a link in the place of its socket does not reach ours"
systemctl -M $name stop ferry.socket ferry.service
rm -rf "$(inside $name /run/ferry)"
mkdir "$(inside $name /run/ferry)"
ln -s /proc/1/root/run/ferry/io.ferry.Transfer "$(inside $name /run/ferry/io.ferry.Transfer)"
before=$(ferryctl list-images --no-legend | sort)
! ferryctl -M $name list-images --no-legend >"$work/hostile" 2>&1 || lacks "$(cat "$work/hostile")" 'mapped'
same "$(ferryctl list-images --no-legend | sort)" "$before" "our images"

step "an ordinary user has no business there"
expect 9 as anna ferryctl --no-ask-password -M mapped list-images
