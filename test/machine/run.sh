#!/usr/bin/env bash
# Builds the test machine and runs the numbered scripts of stories/ and alone/ in it, with systemd as PID 1.
#
#   run.sh container [NAME…]    boots it as a container (seconds)
#   run.sh vm [NAME…]           boots it as a virtual machine: KVM where FERRY_TEST_KVM=1 says so, else emulated
#   run.sh newest [NAME…]       the same of Debian's testing release, with the newest systemd, and runs the scripts of newest/ in it
#   run.sh build                only builds it
#   run.sh mutants DIRECTORY KIND
#                               boots it that way and runs, for each directory in that one, the story that it names, with the Ferry in
#                               it, which has a mistake ('npm run mutants -- --machine' makes them)
#
# NAME is a part of a script's name; without one, all run. Prints TAP, and leaves that, the journal and the exit status in the
# directory that the last line names. Needs root, Debian's apt and python3; what else is needed is fetched, and kept in
# /var/tmp/ferry-test/mkosi, or where FERRY_MACHINE_CACHE says. Ferry is taken from dist/ ('npm run build'), or from where FERRY_DIST says.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
repository=$(dirname "$(dirname "$here")")
# shellcheck source=../support/mirror.sh
. "$repository/test/support/mirror.sh"

[ -n "${FERRY_MACHINE_CACHE:-}" ] || own_directory /var/tmp/ferry-test
cache=${FERRY_MACHINE_CACHE:-/var/tmp/ferry-test/mkosi}
work=$cache/work
image=ferry-test
release=trixie
# Why the machine did not come to its end, as boot says.
problem=
oldest_mkosi=25
# Seconds that a build or a whole run may take.
time_limit=${FERRY_MACHINE_TIMEOUT:-2400}

die() {
  echo "run.sh: $*" >&2
  exit 1
}

# Everything mkosi reads, newly laid out; what it made before stays beside it.
lay_out() {
  local dist=${FERRY_DIST:-$repository/dist} part
  [ -f "$dist/ferryd.js" ] || die "$dist has no ferryd.js; run 'npm run build' first"
  mkdir -p "$work"
  for part in mkosi.conf mkosi.conf.d mkosi.extra mkosi.postinst.chroot; do
    rm -rf "${work:?}/$part"
    cp -a "$repository/mkosi/$part" "$work/$part"
  done
  rm -rf "$work/ferry" "$work/mkosi.sandbox" "$work/tools.sandbox"
  mkdir -p "$work/ferry/test"
  cp -a "$repository/install.sh" "$repository/units" "$work/ferry/"
  cp -a "$dist" "$work/ferry/dist"
  say_source "$work/mkosi.sandbox" "$release"
  say_source "$work/tools.sandbox" trixie
}

# say_source TREE RELEASE: where the packages of that release are, for whoever takes its configuration from the tree.
say_source() {
  mkdir -p "$1/etc/apt/sources.list.d"
  cat >"$1/etc/apt/sources.list.d/mkosi.sources" <<END
Types: deb
URIs: $(find_mirror)
Suites: $2
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
}

# The host's mkosi if it is new enough, else Debian stable's.
run_mkosi() {
  local version options=(--directory "$work" --release "$release" --image-id "$image")
  version=$(mkosi --version 2>/dev/null | sed -n 's/^mkosi \([0-9]*\).*/\1/p') || true
  if [ "${version:-0}" -ge "$oldest_mkosi" ]; then
    set -- mkosi "${options[@]}" "$@"
  else
    [ -d "$cache/mkosi" ] || "$repository/mkosi/get-mkosi.sh" "$cache/mkosi"
    set -- env "PYTHONPATH=$cache/mkosi/usr/lib/python3/dist-packages" python3 -m mkosi "${options[@]}" "$@"
  fi
  timeout --kill-after=60 "$time_limit" "$@"
}

fingerprint() {
  (cd "$work" && find mkosi.conf mkosi.conf.d mkosi.extra mkosi.postinst.chroot mkosi.sandbox tools.sandbox ferry \( -type f -o -type l \) -print0 |
    sort -z | xargs -0 sh -c 'for file; do stat -c "%n %a" "$file"; if [ -L "$file" ]; then readlink "$file"; else cat "$file"; fi; done' sh | sha256sum)
}

build() {
  local wanted
  lay_out
  wanted=$(fingerprint)
  if [ -d "$work/mkosi.output/$image" ] && [ "$(cat "$cache/built-$release" 2>/dev/null)" = "$wanted" ]; then return; fi
  rm -f "$cache/built-$release"
  # Removing first what a build that was cut short may have left in its place. Twice, for a mirror may fail once.
  run_mkosi --force build >"$cache/build.log" 2>&1 9>&- || run_mkosi --force build >>"$cache/build.log" 2>&1 9>&- || {
    tail -n 40 "$cache/build.log" >&2
    die "building the machine failed; all it said is in $cache/build.log"
  }
  echo "$wanted" >"$cache/built-$release"
}

# repack SOURCE: gives its packages the programs that are in its dist/.
repack() {
  local package tree=$work/repacked file
  for package in "$1"/packages/*/ferry_*.deb; do
    rm -rf "$tree"
    dpkg-deb --raw-extract "$package" "$tree"
    (cd "$1/dist" && find . -name '*.js' ! -path './node_modules/*') | while IFS= read -r file; do cp "$1/dist/$file" "$tree/usr/lib/ferry/$file"; done
    # The others have it too.
    rm "$package"
    dpkg-deb --root-owner-group --build "$tree" "$package" >/dev/null
  done
}

# A whole source directory for each mutant, which has all but its mistake in common with the others.
lay_out_mutants() {
  local mutant into
  rm -rf "$work/mutants"
  mkdir "$work/mutants"
  for mutant in "$mutants"/*; do
    into=$work/mutants/${mutant##*/}
    cp -al "$work/source" "$into"
    cp -a --remove-destination "$mutant/." "$into/"
    if grep -q /195 "$mutant/story"; then repack "$into"; fi
  done
  mv "$work/mutants" "$work/source/mutants"
}

prepare_results() {
  results=$cache/results
  rm -rf "$results" "$work/source"
  mkdir -p "$results" "$work/source/test"
  cp -a "$here" "$work/source/test/machine"
  cp -a "$work/ferry/." "$work/source/"
  # Whose commands are run there.
  cp -a "$repository/README.md" "$repository/docs" "$work/source/"
  printf '%s\n' "$@" >"$work/source/test/machine/chosen"
  if is_chosen 195-packages "$@" || { [ -n "$mutants" ] && grep -qs /195 "$mutants"/*/story; }; then make_packages; fi
  [ -z "$mutants" ] || lay_out_mutants
}

# is_chosen SCRIPT NAME…: whether one of the names is a part of it.
is_chosen() {
  local script=$1 name
  shift
  for name; do [[ $script != *"$name"* ]] || return 0; done
  return 1
}

# Two versions, of two times, as two releases are.
make_packages() {
  local version date
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$repository/package.json")
  date=$(git -C "$repository" log -1 --format=%ct)
  (
    cd "$repository"
    SOURCE_DATE_EPOCH=$date node build/tools/package/main.js --output="$work/source/packages/first"
    SOURCE_DATE_EPOCH=$((date + 60)) node build/tools/package/main.js --output="$work/source/packages/next" --version="$version+next"
  ) >"$cache/packages.log" 2>&1 || die "the packages cannot be made; what was said is in $cache/packages.log"
}

main() {
  local mutants='' kind
  if [ "${1:-}" = mutants ]; then
    mutants=$(readlink -e "${2:-}") || die "there is no directory '${2:-}'"
    shift 2
  fi
  kind=${1:-}
  case $kind in
  container | vm | build) shift ;;
  newest)
    shift
    kind=container
    release=testing
    image=$image-newest
    ;;
  *) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
  esac
  [ "$(id -u)" = 0 ] || die "only root can build and boot the machine"
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  build
  if [ "$kind" = build ]; then return; fi
  # shellcheck source=/dev/null
  . "$here/boot-$kind.sh"
  # Names of scripts have no spaces.
  # shellcheck disable=SC2046
  [ $# -gt 0 ] || [ -n "$mutants" ] || set -- $(default_choice)
  prepare_results "$@"
  boot 9>&- || true
  report
}

report() {
  local status
  [ ! -s "$results/tap" ] || cat "$results/tap"
  if [ -n "$problem" ] || [ ! -s "$results/tap" ]; then
    tail -n 40 "$results/console" >&2 || true
    die "the machine ${problem:-said nothing}; above is the end of what it printed, all of it is in $results/console"
  fi
  status=$(cat "$results/status" 2>/dev/null || echo 99)
  echo "# exit status $status; journal, output and times are in $results"
  exit "$status"
}

main "$@"
