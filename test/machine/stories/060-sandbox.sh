#!/bin/bash
# The sandbox around the processes of a transfer holds inside the service's own sandbox: seen from /proc while they work.
. "$(dirname "$0")/../library.sh"
fresh
serve
make_tree "$work/tree"
head -c 30M /dev/urandom >"$work/tree/usr/payload"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
publish "$www/tree.tar.gz"
# It lasts for as long as an emulated machine takes to look at it.
ferryctl pull-tar -m --verify=checksum "$slowest/tree.tar.gz" tree >"$work/pull" 2>&1 &
pull=$!
works() { [ -n "$(workers fetch)" ] && [ -n "$(workers decode)" ] && [ -n "$(leftovers)" ]; }
wait_for 20 works
fetch=$(workers fetch | tail -n 1)
decode=$(workers decode | tail -n 1)
placement=$(workers placement | tail -n 1)
service=$(main_process)

# each PID FIELD VALUE: in every thread of the process.
each() {
  local thread found
  for thread in /proc/"$1"/task/*/status; do
    found=$(sed -n "s/^$2:[[:space:]]*//p" "$thread" | tr '\t' ' ')
    [ "$found" = "$3" ] || fail "$2 is '$found', not '$3', in $thread ($(tr '\0' ' ' <"/proc/$1/cmdline"))"
  done
}

step "no part of the sandbox is missing"
journalctl --sync
lacks "$(journalctl --boot --unit=ferry.service --output=cat)" 'keeps? the network|sees? writable mounts|keeps? all rights|see all others|are one user|No filter of|leaves behind'

for name in fetch decode; do
  worker=${!name}

  step "the $name process is nobody in particular and may do nothing"
  user=$(awk '/^Uid:/ { print $2 }' "/proc/$worker/status")
  ((user >= 60706 && user <= 61183)) || fail "it is user $user"
  [ "$(readlink "/proc/$worker/ns/pid")" != "$(readlink "/proc/$service/ns/pid")" ] || fail "it sees the service's processes"
  group=$(id -g ferry-stream)
  each "$worker" Uid "$user $user $user $user"
  each "$worker" Gid "$group $group $group $group"
  each "$worker" Groups ''
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do each "$worker" $set 0000000000000000; done
  each "$worker" NoNewPrivs 1
  each "$worker" Seccomp 2

  step "every mount that it sees is read-only"
  awk '$6 !~ /(^|,)ro(,|$)/ { print; bad = 1 } END { exit bad }' "/proc/$worker/mountinfo" || fail "a mount is writable"
  for place in / /tmp /var/tmp /run /dev/shm /var/lib/machines; do
    expect 1 nsenter --target "$worker" --mount -- touch "$place/written"
    contains "$output" 'Read-only file system'
  done

  step "it holds no descriptor that could be written to but its pipes, its channel and the log"
  for descriptor in /proc/"$worker"/fd/*; do
    target=$(readlink "$descriptor") || continue
    case $target in pipe:* | socket:* | anon_inode:* | /dev/null | /dev/urandom) continue ;; esac
    flags=$(sed -n 's/^flags:\s*//p' "/proc/$worker/fdinfo/${descriptor##*/}")
    (((8#$flags & 3) == 0)) || fail "it may write to $target"
  done
done

step "the decode process has no network"
[ "$(readlink "/proc/$decode/ns/net")" != "$(readlink "/proc/$service/ns/net")" ] || fail "it shares the service's network"

step "the placement process has no network but keeps the rights that images need"
[ "$(readlink "/proc/$placement/ns/net")" != "$(readlink "/proc/$service/ns/net")" ] || fail "it shares the service's network"
[ "$(readlink "/proc/$fetch/ns/net")" = "$(readlink "/proc/$service/ns/net")" ] || fail "the fetch process has no network"
for thread in /proc/"$placement"/task/*; do
  same "$(readlink "$thread/ns/net")" "$(readlink "/proc/$placement/ns/net")" "the network of $thread"
done
same "$(nsenter --target "$placement" --net -- ip -o link show up)" "" "its network interfaces"
each "$placement" CapEff "$(sed -n 's/^CapEff:\s*//p' "/proc/$service/status")"
each "$placement" NoNewPrivs 1
each "$placement" Seccomp 2

step "arguments and environment of the processes tell nothing"
lacks "$(tr '\0' '\n' <"/proc/$fetch/cmdline"; tr '\0' '\n' <"/proc/$fetch/environ")" '127.0.0.1|NOTIFY_SOCKET|LISTEN_'

step "they die with the service"
kill -KILL "$service"
wait_for 10 never test -e "/proc/$fetch"
wait_for 10 never test -e "/proc/$placement"
wait "$pull" && fail "the client did not notice" || true
contains "$(cat "$work/pull")" 'service'

step "devices, setuid bits, capabilities, ACLs and extended attributes get through the sandbox"
mkdir -p "$work/odd/dev"
(
  cd "$work/odd"
  mknod dev/sda b 8 0
  mknod dev/null c 1 3
  mknod fifo p
  touch plain setuid capable acl attribute
  chmod 6755 setuid
  setcap cap_net_raw+ep capable
  setfacl -m u:1234:rw acl
  setfattr -n trusted.note -v kept attribute
  chown 100000:100001 plain
)
tar -C "$work/odd" --xattrs --xattrs-include='*' --acls --numeric-owner -cf "$www/odd.tar" .
publish "$www/odd.tar"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/odd.tar" odd
cd /var/lib/machines/odd
same "$(stat -c '%F %t %T' dev/sda dev/null | tr '\n' ';')" "block special file 8 0;character special file 1 3;"
same "$(stat -c %F fifo)" fifo
same "$(stat -c %a setuid)" 6755
same "$(stat -c %u:%g plain)" 100000:100001
contains "$(getcap capable)" cap_net_raw
contains "$(getfacl -n acl 2>/dev/null)" '^user:1234:rw-'
same "$(getfattr --only-values -n trusted.note attribute)" kept
cd /
expect 0 ferryctl export-tar -m odd "$work/back.tar"
same "$(tar -tvf "$work/back.tar" --numeric-owner | grep -cE '8,0|1,3')" 2 "the number of devices"
