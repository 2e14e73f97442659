#!/bin/bash
# What install.sh left: units that systemd finds no fault with, a sandbox no weaker than systemd-importd's, and its reverse.
. "$(dirname "$0")/../library.sh"
fresh

step "systemd finds no fault with the units"
expect 0 systemd-analyze verify --man=no ferry.socket ferry.service
same "$output" "" "what 'systemd-analyze verify' says"
expect 0 env XDG_RUNTIME_DIR="$work" systemd-analyze verify --man=no --user ferry.socket ferry.service
same "$output" "" "what 'systemd-analyze verify --user' says"

step "the sandbox is no weaker than that of systemd-importd"
exposure() { systemd-analyze security --no-pager "$1" | sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\) .*/\1/p'; }
ours=$(exposure ferry.service)
theirs=$(exposure systemd-importd.service)
echo "# ferry.service $ours, systemd-importd.service $theirs"
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { exit !(ours > 0 && ours <= theirs) }' || fail "$ours is more than $theirs"

step "the socket listens, is found in the registry, and everybody may connect"
same "$(systemctl is-enabled ferry.socket)" enabled
same "$(systemctl is-active ferry.socket)" active
same "$(readlink -f /run/varlink/registry/io.ferry.Transfer)" $socket
same "$(readlink -f /run/varlink/registry/io.ferry.Image)" $socket
same "$(readlink -f /run/varlink/registry/io.ferry.Trust)" $socket
same "$(stat -c %a $socket)" 666
id ferry-stream >/dev/null
same "$(systemctl --global is-enabled ferry.socket)" enabled

step "polkit knows the actions"
wait_for 10 pkaction --action-id io.ferry.pull
for action in pull import export cancel manage; do
  contains "$(pkaction --verbose --action-id io.ferry.$action)" 'implicit active: *auth_admin_keep'
done

step "installed below a directory, it holds the same files"
cp -a "$source_directory" "$work/source"
expect 0 "$work/source/install.sh" "$work/root"
cd "$work/root"
find . ! -type d | sort >"$work/files"
while read -r file; do
  # Which systemd will read it is not known there, so that the account is the one that all understand.
  cmp -s "$file" "/$file" || cmp -s "$file" <(sed 's/^u! /u /' "/$file") || { [ -L "$file" ] && [ "$(readlink "$file")" = "$(readlink "/$file")" ]; } || fail "$file differs from what is installed"
done <"$work/files"
cd /
expect 0 "$work/source/install.sh" --uninstall "$work/root"
same "$(find "$work/root" ! -type d)" "" "what is left"

step "taken away, nothing of it is left; images stay"
mkdir -p /var/lib/machines/stays
systemctl start ferry.service
expect 0 "$work/source/install.sh" --uninstall
same "$(systemctl is-active ferry.socket ferry.service | sort -u)" inactive
[ ! -e $socket ] || fail "the socket is still there"
same "$(find /usr /etc /run/ferry /run/varlink -path "$work" -prune -o \( -name '*ferry*' ! -path '*/ferry-test*' \) -print 2>/dev/null | grep -vE '^/etc/(passwd|group)' | grep -vE 'machines-file|/share/doc/')" "" "what is left"
[ -d /var/lib/machines/stays ] || fail "the image is gone"

step "installed again, it serves at once"
expect 0 "$work/source/install.sh"
same "$(systemctl is-active ferry.socket)" active
expect 0 ferryctl list-images
contains "$output" stays
