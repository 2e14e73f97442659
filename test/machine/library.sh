# shellcheck shell=bash
# To be sourced by the numbered scripts: they run as root inside the test machine, each from a machine in which no transfer runs.
set -eEuo pipefail
export SYSTEMD_PAGER='' SYSTEMD_COLORS=0 LC_ALL=C.UTF-8
# What fails within $(…) may be meant to.
trap '[ "$BASH_SUBSHELL" != 0 ] || echo "# failed: ${BASH_COMMAND} (line ${LINENO} of ${0##*/})" >&2' ERR

# What install.sh needs, as 'npm run build' left it.
source_directory=$(readlink -f "$(dirname "$0")/../../..")
www=/srv/www
socket=/run/ferry/io.ferry.Transfer
work=$(mktemp -d "/var/tmp/$(basename "$0" .sh).XXXXXX")
# Everybody may look into it: scripts act as other users too.
chmod 0755 "$work"
at_exit=('[ ! -e "$work/sender" ] || stop_sending')
trap 'for command in "${at_exit[@]}"; do eval "$command" || true; done; rm -rf --one-file-system "$work"' EXIT
export http_log=/var/log/nginx/ferry.log

fail() {
  echo "# failed: $*" >&2
  exit 1
}

# What a failed story was at is in that file.
step() {
  echo "# $*"
  echo "$*" >/run/ferry-test-step
}

# Ends the script: it cannot be told here, for this reason.
skip() {
  echo "SKIP $*"
  exit 77
}

# expect STATUS COMMAND…: runs it, and leaves what it printed in $output.
expect() {
  local wanted=$1 status=0
  shift
  # varlinkctl puts a record separator before each of several answers (RFC 7464).
  output=$("$@" 2>&1 </dev/null | tr -d '\036') || status=$?
  [ "$status" = "$wanted" ] || fail "'$*' ended with $status, not $wanted: $output"
}

# contains TEXT PATTERN: the extended regular expression is found in one of the lines.
contains() {
  grep -qE -- "$2" <<<"$1" || fail "there is no '$2' in: $1"
}

lacks() {
  ! grep -qE -- "$2" <<<"$1" || fail "there is '$2' in: $1"
}

same() {
  [ "$1" = "$2" ] || fail "${3:-the value} is '$1', not '$2'"
}

# Whether this is the virtual machine. The container may well be on a host that is one.
is_vm() { ! systemd-detect-virt --quiet --container; }

# What wait_for multiplies its seconds by: a host may be busy, and an emulated machine is ten times as slow. Only what fails takes
# so long.
slowness=12
if is_vm; then slowness=15; fi

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
  local end=$((SECONDS + $1 * slowness))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "'$*' did not come true"
    sleep 0.1
  done
}

never() { ! "$@"; }

# mark_journal: from here on counts what since_mark prints.
mark_journal() {
  journalctl --sync
  journal_mark=$(journalctl --boot --lines=1 --output=cat --show-cursor | sed -n 's/^-- cursor: //p')
  [ -n "$journal_mark" ] || fail "the journal has no cursor"
}

# since_mark UNIT: what the journal has of it since mark_journal, to the last message that was sent.
since_mark() {
  journalctl --sync
  journalctl --after-cursor="$journal_mark" --unit="$1" --output=cat
}

# send_half FILE | COMMAND…: 2 MB of it, and then nothing, not even the end, until stop_sending or the end of the script.
send_half() {
  echo "$BASHPID" >"$work/sender"
  head -c 2M "$1" || true
  exec sleep 600
}

stop_sending() {
  kill "$(cat "$work/sender")" 2>/dev/null || true
  rm -f "$work/sender"
}

state_of() { systemctl show --property=ActiveState --value "$1"; }

# Starts nginx with what is below /srv/www on port 8000, and slowly on ports 8001 (1 MB/s), 8002 (100 kB/s) and 8003 (10 MB/s).
serve() {
  mkdir -p "$www" /var/log/nginx
  : >"$http_log"
  cat >/etc/nginx/nginx.conf <<END
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  default_type application/octet-stream;
  log_format short '\$request_method \$uri \$status \$body_bytes_sent \$http_range';
  access_log $http_log short;
  root $www;
  sendfile on;
  server { listen 127.0.0.1:8000; autoindex on; }
  server { listen 127.0.0.1:8001; limit_rate 1m; }
  server { listen 127.0.0.1:8002; limit_rate 100k; }
  server { listen 127.0.0.1:8003; limit_rate 10m; }
}
END
  systemctl restart nginx.service
  url=http://127.0.0.1:8000
  slow=http://127.0.0.1:8001
  slowest=http://127.0.0.1:8002
  brisk=http://127.0.0.1:8003
}

# downloads PATH [ROOT]: how often its bytes were sent, here or in the container with that root.
downloads() { grep -cE "^GET $1 (200|206) " "${2:-}$http_log" || true; }

# publish FILE…: beside it, a SHA256SUMS of all that is served from its directory.
publish() {
  local directory
  directory=$(dirname "$1")
  (cd "$directory" && find . -maxdepth 1 -type f ! -name 'SHA256SUMS*' -printf '%P\n' | sort | xargs -r sha256sum >SHA256SUMS)
}

# make_tree DIRECTORY: a container that runs busybox.
make_tree() {
  mkdir -p "$1"/{usr/bin,usr/lib/systemd/system,etc,proc,sys,dev,tmp,run,var/tmp,root}
  cp /bin/busybox "$1/usr/bin/busybox"
  local program
  for program in sh cat ls sleep echo id mount httpd; do ln -sf busybox "$1/usr/bin/$program"; done
  ln -sfn usr/bin "$1/bin"
  printf 'ID=ferrytest\nVERSION_ID=1\nPRETTY_NAME="A test tree"\n' >"$1/usr/lib/os-release"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
  : >"$1/etc/machine-id"
  : >"$1/etc/resolv.conf"
}

# os_files: an archive of this machine's own system, less what no container needs, what makes this machine the one it is, and the
# network service, which would wait for interfaces that nobody hands out. What is mounted in the root is left out: a second mount of
# it shows the empty directories below, and none that change meanwhile.
os_files() {
  mkdir -p /run/os-root
  mount --bind / /run/os-root
  tar -C /run/os-root --one-file-system --xattrs --xattrs-include='*' --numeric-owner -cf - \
    --exclude='./boot/*' --exclude='./test/*' --exclude=./usr/lib/modules --exclude='./var/lib/*.raw' --exclude='./var/lib/portables/*' \
    --exclude='./var/lib/ferry/*' --exclude=./etc/ferry --exclude='./var/lib/power-test' --exclude=./var/cache --exclude='./var/log/journal/*' \
    --exclude='./var/log/nginx/*' --exclude=./var/lib/apt --exclude='./root/os.tar.zst*' --exclude='./var/tmp/*' --exclude='./tmp/*' \
    --exclude=./srv/www --exclude=./usr/share/locale --exclude=./usr/share/perl --exclude='./usr/lib/*/perl' \
    --exclude='*/ferry-test.service' --exclude='*/var-lib-machines.mount' --exclude='./etc/systemd/system/*networkd*' .
  umount /run/os-root
}
at_exit+=('umount /run/os-root 2>/dev/null')

# make_os FILE.tar.zst: that archive. The first call does the work.
make_os() {
  local packed=/root/os.tar.zst
  if [ ! -e $packed ]; then
    os_files | zstd -q -1 -T0 >$packed.new
    mv $packed.new $packed
  fi
  ln -f $packed "$1" 2>/dev/null || cp $packed "$1"
}

# copy_os NAME…: machine images of it, by no means of Ferry: those of a story that is not about how they came here.
copy_os() {
  local first=/var/lib/machines/$1
  btrfs --quiet subvolume create "$first"
  os_files | tar -C "$first" --xattrs --xattrs-include='*' --numeric-owner -xpf -
  shift
  for name; do btrfs --quiet subvolume snapshot "$first" "/var/lib/machines/$name"; done
}

# boot_container NAME [SETTING…]: boots it, with settings of the section [Exec] of systemd.nspawn(5), one argument a line. It has no
# network but loopback, or where $network says so an interface host0, whose other end here is ve-NAME.
network=no
boot_container() {
  local name=$1
  shift
  mkdir -p /etc/systemd/nspawn
  {
    echo '[Exec]'
    printf '%s\n' "$@"
    printf '[Network]\nVirtualEthernet=%s\nPrivate=yes\n' "$network"
  } >"/etc/systemd/nspawn/$name.nspawn"
  at_exit+=("machinectl terminate $name 2>/dev/null; rm -f /etc/systemd/nspawn/$name.nspawn")
  machinectl start "$name"
  wait_for 90 systemctl -M "$name" is-active multi-user.target
}

# root_of NAME: the root directory of the running container, from here.
root_of() { echo "/proc/$(machinectl show --property=Leader --value "$1")/root"; }

# serve_in NAME: what serve has set up, in the running container: with this machine's files, on the container's loopback.
serve_in() {
  local root
  root=$(root_of "$1")
  mkdir -p "$root$www" "$root/var/log/nginx"
  cp -r "$www/." "$root$www/"
  chmod -R a+rX "$root$www"
  cat /etc/nginx/nginx.conf >"$root/etc/nginx/nginx.conf"
  systemctl -M "$1" restart nginx.service
}

# Nothing but what a user may see is in the class directories: no leftovers of transfers.
leftovers() {
  find /var/lib/machines /var/lib/portables /var/lib/extensions /var/lib/confexts -maxdepth 1 -name '.#ferry-*' 2>/dev/null
}

no_leftovers() {
  local found
  found=$(leftovers)
  [ -z "$found" ] || fail "left behind: $found"
}

# Ends the service and what it was started for. systemd refuses the sixth start within ten seconds, whoever asked for the others.
stop_service() {
  systemctl --quiet --no-warn stop ferry.service 2>/dev/null
  systemctl reset-failed ferry.service 2>/dev/null || true
}

# An empty machine: no image, no service, no transfer.
fresh() {
  stop_service
  systemctl reset-failed ferry.socket 2>/dev/null || true
  systemctl start ferry.socket
  local directory place entry
  for directory in machines portables extensions confexts; do
    mkdir -p "/var/lib/$directory"
    # Of users, too: containers are made of this system.
    for place in "/var/lib/$directory" /home/*/".local/state/$directory"; do
      [ -d "$place" ] || continue
      find "$place" -mindepth 1 -maxdepth 1 -print0 | while IFS= read -rd '' entry; do
        btrfs property set -ts "$entry" ro false 2>/dev/null || true
        chattr -R -i "$entry" 2>/dev/null || true
        btrfs subvolume delete "$entry" >/dev/null 2>&1 || rm -rf "$entry"
      done
    done
  done
}

# as USER COMMAND…: without a terminal and without asking.
as() {
  local user=$1
  shift
  setpriv --reuid="$user" --regid="$user" --init-groups --reset-env -- env LC_ALL=C.UTF-8 "$@"
}

# main_process: the pid of the service.
main_process() { systemctl show --property=MainPID --value ferry.service; }

# workers NAME: the pids of workers of that kind; not of one that waits for a transfer, which has not got its pipe yet.
workers() {
  local pid
  for pid in $(cat /sys/fs/cgroup/system.slice/ferry.service/cgroup.procs 2>/dev/null); do
    if [ "$(readlink "/proc/$pid/fd/4")" = /dev/null ]; then continue; fi
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qE "/worker/$1\.js"; then echo "$pid"; fi
  done
}
