#!/usr/bin/env bash
# Runs the main job and the unit tests on the hosts that users have: Nodes from 20 to 26 in minimal roots of three Debians.
#
#   run.sh [ROW…]                  runs the rows whose name contains one of the words, or all
#   run.sh exec ROW COMMAND…       runs a command as that row does, in the project's folder there
#   run.sh list                    prints the rows
#
# Each row is a root made by debootstrap, entered in namespaces of its own (mounts, processes, network: only loopback is there), with
# the project and its build mounted read-only. Needs root and what test/install-programs.sh installs. Roots and Nodes are kept in
# /var/tmp/ferry-test/hosts for two weeks, or where FERRY_HOSTS_CACHE says. Ferry is taken from dist/ and build/ ('npm run build').
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
project=$(dirname "$(dirname "$here")")
# shellcheck source=../support/mirror.sh
. "$project/test/support/mirror.sh"
# shellcheck source=packages.sh
. "$here/packages.sh"

cache=${FERRY_HOSTS_CACHE:-/var/tmp/ferry-test/hosts}
days_kept=14
# Written as the last step, so that what was interrupted is never taken for complete.
complete=.complete
# Upstream's Node 26 needs libatomic1.
packages=nodejs,libatomic1
# Seconds that one command of a row may take.
time_limit=${FERRY_HOSTS_TIMEOUT:-900}

# Debian, Node ('own' is Debian's), user, and what runs there. Every Debian and every Node has at least one row with all, and
# every Debian one that boots and installs the package.
rows=(
  'bookworm 20 root jobs'
  'bookworm 22 user jobs'
  'bookworm 24 root all'
  'bookworm 26 user all'
  'bookworm own root refused'
  'trixie own user all'
  'trixie 24 root jobs'
  'trixie 22 root all'
  'testing own root all'
  'testing 26 user jobs'
  'bookworm 20 root package'
  'trixie own root package'
  'testing own root package'
)

die() {
  echo "run.sh: $*" >&2
  exit 1
}

is_fresh() {
  [ -n "$(find "$1/$complete" -mtime -$days_kept 2>/dev/null)" ]
}

make_root() {
  local suite=$1 root=$cache/$1
  ! is_fresh "$root" || return 0
  echo "making a root of Debian $suite"
  rm -rf --one-file-system "$root"
  make_debian_root "$suite" "$root.partial" "$packages" "$cache/$suite.log" || die "cannot make a root of Debian $suite"
  rm -rf "$root.partial/var/cache/apt/archives"
  mkdir -p "$root.partial/srv/ferry" "$root.partial/srv/material" "$root.partial/opt/node"
  echo '127.0.0.1 localhost' >"$root.partial/etc/hosts"
  chroot "$root.partial" useradd --create-home --shell /bin/sh tester
  touch "$root.partial/$complete"
  mv -T "$root.partial" "$root"
}

# Upstream's Node, as a package of npm carries it.
make_node() {
  local version=$1 target=$cache/node-$1 package
  ! is_fresh "$target" || return 0
  package=node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
  echo "fetching Node $version"
  rm -rf "$target" "$target.partial"
  try_thrice npm install --loglevel=error --no-audit --no-fund --no-save --ignore-scripts --prefix "$target.partial" "$package@$version" >/dev/null \
    || die "cannot fetch Node $version by npm"
  mv "$target.partial/node_modules/$package" "$target.partial/node"
  touch "$target.partial/$complete"
  mv -T "$target.partial" "$target"
}

# What the rows pull and import, made here because minimal roots lack the programs.
make_material() {
  rm -rf "$cache/material"
  mkdir -p "$cache/material"
  node "$project/build/test/hosts/material.js" "$cache/material"
}

# Runs a command in the root of a row, as its user.
enter() {
  local suite=$1 node=$2 user=$3
  shift 3
  ROOT=$cache/$suite NODE=$node NODES=$cache/node-$node/node USER_OF_ROW=$user PROJECT=$project MATERIAL=$cache/material \
    timeout --kill-after=10 "$time_limit" unshare --mount --net --pid --ipc --fork --kill-child --propagation private bash -euc '
    step() { "$@" || { echo "run.sh: cannot enter the root $ROOT: this failed here: $*" >&2; exit 1; }; }
    step ip link set lo up
    step mount --bind "$ROOT" "$ROOT"
    step mount -t proc proc "$ROOT/proc"
    for folder in /sys /dev; do step mount --rbind "$folder" "$ROOT$folder"; done
    step mount -t tmpfs -o mode=0755 run "$ROOT/run"
    step mount -t tmpfs tmp "$ROOT/tmp"
    chattr -R -f -i "$ROOT/var/tmp" || true
    step find "$ROOT/var/tmp" -mindepth 1 -delete
    step mount -o bind,ro "$PROJECT" "$ROOT/srv/ferry"
    step mount -o bind,ro "$MATERIAL" "$ROOT/srv/material"
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    if [ "$NODE" != own ]; then
      step mount -o bind,ro "$NODES" "$ROOT/opt/node"
      path=/opt/node/bin:$path
    fi
    # Not chroot alone: whoever enters this namespace later, as the workers of the service do, would be back in the old root.
    cd "$ROOT"
    step pivot_root . .
    step umount --lazy .
    cd /srv/ferry
    as=()
    home=/root
    if [ "$USER_OF_ROW" = user ]; then
      as=(setpriv --reuid=tester --regid=tester --init-groups)
      home=/home/tester
    fi
    # Not by exec: the first process of the namespace has to reap what others leave, as node does not.
    "${as[@]}" env -i PATH="$path" HOME="$home" LANG=C.UTF-8 FERRY_HOST_MATERIAL=/srv/material "$@" || exit' run.sh "$@"
}

# What the row runs, in the root.
run_row() {
  local suite=$1 node=$2 user=$3 what=$4 expected
  if [ "$what" = package ]; then
    package_row "$suite" "$node"
    return
  fi
  if [ "$what" = refused ]; then
    expected="Cannot start with Node [0-9.]*: Ferry needs Node 20.19 or newer; install it"
    enter "$suite" "$node" "$user" sh -c '
      for program in ferryctl ferryd; do
        ! said=$(node dist/$program.js --version 2>&1) || exit 1
        echo "$said"
        [ "$(echo "$said" | grep -cvx "$1")" = 0 ] || exit 1
      done' sh "$expected"
    return
  fi
  enter "$suite" "$node" "$user" node --test --test-reporter=spec build/test/hosts/hosts.test.js || return
  if [ "$what" = all ]; then enter "$suite" "$node" "$user" node build/test/run.js unit/; fi
}

is_chosen() {
  local name=$1 word
  shift
  [ $# -gt 0 ] || return 0
  for word in "$@"; do case $name in *"$word"*) return 0 ;; esac; done
  return 1
}

# The tests that failed, by name, and then what each said; where none is listed, why the row ended and what it said last.
failures() {
  local log=$1 status=$2
  case $status in
  124 | 137) echo "it ran into the limit of $time_limit s, or was killed; it said last:" ;;
  *) ! grep -q 'failing tests:' "$log" || {
    # Of each run, from that line to the list of what was skipped.
    sed -n '/failing tests:/,/^[0-9]* skipped:$\|^No test was skipped/p' "$log" | grep . >"$log.failures"
    grep '^✖ ' "$log.failures" | grep -v 'failing tests:' || true
    head -n 400 "$log.failures"
    return
  } ;;
  esac
  tail -n 60 "$log"
}

# What came of a row: how many tests there were, how many of them were skipped for which reason, or what failed.
report() {
  local name=$1 log=$2 status=$3 seconds=$4
  if [ "$status" != 0 ]; then
    echo "not ok - $name ($seconds s), status $status; all it said is in $log:"
    failures "$log" "$status" | sed 's/^/  /'
    return
  fi
  echo "ok - $name ($seconds s): $(awk '/^ℹ pass/ { passed += $3 } /^ℹ skipped/ { skipped += $3 } END { print passed + 0, "passed,", skipped + 0, "skipped" }' "$log")"
  awk '/^  needs .*:$/ { reason = $0; next } /^    / && reason { count[reason]++; next } { reason = "" }
    END { for (reason in count) print "  " count[reason] reason }' "$log" | sed 's/:$//' | sort -rn
}

prepare() {
  [ "$(id -u)" = 0 ] || die "only root can make and enter roots"
  [ -f "$project/dist/ferryd.js" ] || die "there is no dist/; run 'npm run build' first"
  unshare --mount --net --pid --ipc --fork --kill-child --propagation private true \
    || die "root gets no namespaces here (mounts, network, processes, IPC), of which each row needs its own"
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
}

# Calls a function with the words of each row whose name contains one of the given words.
each_row() {
  local function=$1 row name suite node user what
  shift
  for row in "${rows[@]}"; do
    read -r suite node user what <<<"$row"
    name="$suite, Node $node, $user, $what"
    ! is_chosen "$name" "$@" || "$function" "$name" "$suite" "$node" "$user" "$what"
  done
}

failed=0

try_row() {
  local name=$1 suite=$2 node=$3 what=$5 log started status=0
  shift
  if [ "$what" = package ]; then make_server "$suite"; else make_root "$suite"; fi
  [ "$node" = own ] || make_node "$node"
  log=$cache/$suite-$node-$what.log
  started=$SECONDS
  run_row "$@" >"$log" 2>&1 9>&- || status=$?
  report "$name" "$log" "$status" $((SECONDS - started))
  [ "$status" = 0 ] || failed=$((failed + 1))
}

exec_row() {
  shift
  # It boots, which cannot be entered.
  [ "$4" != package ] || return 0
  make_root "$1"
  [ "$2" = own ] || make_node "$2"
  enter "$1" "$2" "$3" "${command[@]}" 9>&-
}

case ${1:-} in
list) each_row echo ;;
exec)
  [ $# -ge 3 ] || die "exec needs a row and a command"
  command=("${@:3}")
  prepare
  make_material
  each_row exec_row "$2"
  ;;
--help) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" ;;
*)
  prepare
  make_material
  each_row try_row "$@"
  [ "$failed" = 0 ] || die "rows that failed: $failed"
  ;;
esac
