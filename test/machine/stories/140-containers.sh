#!/bin/bash
# -M: Ferry in a booted container, without and with a user namespace of its own; every verb; a hostile container gets nothing.
. "$(dirname "$0")/../library.sh"
fresh
serve
make_os "$www/os.tar.zst"
make_tree "$work/tree"
echo mark >"$work/tree/mark"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
head -c 3M /dev/urandom >"$www/disk.raw"
publish "$www/tree.tar.gz"
echo 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3' >"$work/there.pub"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/os.tar.zst" plain
expect 0 ferryctl pull-tar -m --verify=checksum "$url/os.tar.zst" mapped

# inside NAME PATH: a file of the running container, from here.
inside() { echo "/proc/$(machinectl show --property=Leader --value "$1")/root$2"; }

for name in plain mapped; do
  case $name in
  plain) boot_container plain PrivateUsers=no ;;
  mapped) boot_container mapped PrivateUsers=pick ;;
  esac
  [ $name = plain ] || [ "$(awk '{ print $2 }' "/proc/$(machinectl show --property=Leader --value mapped)/uid_map")" != 0 ] || fail "it has no users of its own"

  step "$name: list, import, export, and what machinectl has no verb for"
  expect 0 ferryctl -M $name list-images
  expect 0 ferryctl -M $name list-transfers
  expect 0 ferryctl -M $name import-tar -m "$www/tree.tar.gz" tree
  cmp "$work/tree/mark" "$(inside $name /var/lib/machines/tree/mark)"
  expect 0 ferryctl -M $name import-raw -m "$www/disk.raw" disk
  cmp "$www/disk.raw" "$(inside $name /var/lib/machines/disk.raw)"
  expect 0 ferryctl -M $name import-fs -m "$work/tree" directory
  cmp "$work/tree/mark" "$(inside $name /var/lib/machines/directory/mark)"
  expect 0 ferryctl -M $name export-tar -m tree "$work/$name.tar.gz"
  contains "$(tar -tzf "$work/$name.tar.gz")" '^\./mark$'
  expect 0 ferryctl -M $name export-oci -m tree "$work/$name.oci"
  contains "$(tar -tf "$work/$name.oci")" '^index\.json$'
  expect 0 ferryctl -M $name export-raw -m disk "$work/$name.raw"
  cmp "$www/disk.raw" "$work/$name.raw"
  expect 0 ferryctl -M $name rename-image tree other
  expect 0 ferryctl -M $name clone-image other another
  expect 0 ferryctl -M $name remove-image another
  expect 0 ferryctl -M $name list-images --no-legend
  contains "$output" 'other'
  lacks "$output" 'another|mapped|plain'

  step "$name: what is known of an image in there"
  # In there nothing can be fetched.
  for entry in roots annas; do
    whose="-M $name --system"
    if [ $entry = annas ]; then
      whose="-M anna@$name --user"
      expect 0 systemctl -M $name start "user@$(id -u anna).service"
    fi
    # shellcheck disable=SC2086
    in_there() { ferryctl $whose "$@"; }
    expect 0 in_there import-raw -m "$www/disk.raw" known
    expect 0 in_there show known
    contains "$output" 'Placed: imported on'
    # An import has no digest.
    expect 16 in_there verify known
    contains "$output" '^  record +good'
    expect 0 in_there df --no-legend
    contains "$output" '^machine +image'
    expect 0 in_there clean -m --older-than=0s --keep=1
    contains "$(in_there history --json=short known)" '"operation":"import"'
    contains "$(in_there history --json=short)" '"operation":"clean"'
    expect 0 in_there trust add --yes --name=$entry https://$entry.example/ "$work/there.pub"
    contains "$(in_there trust show --json=short https://$entry.example/disk.raw)" "\"name\":\"$entry\""
    expect 0 in_there remove-image known
  done
  ls "$(inside $name /etc/ferry/trust.d/roots.conf)" "$(inside $name /home/anna/.config/ferry/trust.d/annas.conf)"
  [ ! -e /etc/ferry/trust.d/roots.conf ] || fail "the entry is on the host"
  lacks "$(ferryctl history --json=short)" '"name":"known"'

  step "$name: a pull happens in there, where there is no server of ours"
  expect 7 ferryctl -M $name pull-raw -m --verify=no "$url/disk.raw" pulled
  contains "$output" '127.0.0.1:8000'

  step "$name: the service there acts with the rights of its own root"
  owner=$(stat -c %u "$(inside $name /var/lib/machines/other)")
  same "$owner" "$(awk '{ print $2 }' "/proc/$(machinectl show --property=Leader --value $name)/uid_map")" "the owner, seen from here"
  same "$(systemctl -M $name show --property=ActiveState --value ferry.service)" active

  step "$name: the service of a user there"
  expect 0 systemctl -M $name start "user@$(id -u anna).service"
  expect 0 ferryctl -M anna@$name --user import-tar -m "$www/tree.tar.gz" own
  own=$(inside $name /home/anna/.local/state/machines/own)
  cmp "$work/tree/mark" "$own/mark"
  same "$(stat -c %u "$own/mark")" "$((owner + $(id -u anna)))" "the owner, seen from here"

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
contains "$output" 'plain'
expect 3 ferryctl -M nobody list-images
contains "$output" 'nobody'

step "a container that puts a link in the place of its socket does not reach ours"
systemctl -M plain stop ferry.socket ferry.service
rm -rf "$(inside plain /run/ferry)"
mkdir "$(inside plain /run/ferry)"
ln -s /proc/1/root/run/ferry/io.ferry.Transfer "$(inside plain /run/ferry/io.ferry.Transfer)"
before=$(ferryctl list-images --no-legend | sort)
! ferryctl -M plain list-images --no-legend >"$work/hostile" 2>&1 || lacks "$(cat "$work/hostile")" 'mapped'
same "$(ferryctl list-images --no-legend | sort)" "$before" "our images"

step "an ordinary user has no business there"
expect 9 as anna ferryctl --no-ask-password -M mapped list-images
