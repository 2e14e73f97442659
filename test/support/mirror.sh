# shellcheck shell=bash
# To be sourced.

# own_directory PATH: makes a directory with a fixed name in a place where anybody may make one, and ends the script where it is
# somebody else's, or open to others: root would run and serve what they have put there.
own_directory() {
  mkdir -p -m 0755 "$1"
  if [ -L "$1" ] || [ "$(stat -c %u "$1")" != "$(id -u)" ] || [ -n "$(find "$1" -maxdepth 0 -perm /022)" ]; then
    echo "cannot use $1: others may write there; remove it" >&2
    exit 1
  fi
}

# The first Debian mirror of this machine's own apt configuration, in the one-line or the deb822 style.
find_mirror() {
  local sources mirror
  sources=$(find /etc/apt/sources.list /etc/apt/sources.list.d -name '*.list' -o -name '*.sources' 2>/dev/null) || true
  # shellcheck disable=SC2086 # one word a file
  [ -z "$sources" ] || mirror=$(awk '
    /^[[:space:]]*#/ { next }
    $1 == "deb" || tolower($1) == "uris:" {
      for (i = 2; i <= NF; i++) if ($i ~ /^(https?|file):.*\/debian\/?$/) { print $i; exit }
    }' $sources)
  [ -n "${mirror:-}" ] || {
    echo "found no Debian mirror in /etc/apt/sources.list or /etc/apt/sources.list.d" >&2
    return 1
  }
  echo "$mirror"
}

# try_thrice COMMAND…: again after a failure, and once again, for networks and mirrors fail now and then.
try_thrice() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return
    echo "attempt $attempt of 3 failed: $*" >&2
    [ "$attempt" = 3 ] || sleep $((attempt * 5))
  done
  return 1
}

# make_debian_root SUITE TARGET PACKAGES LOG: a minimal root in a directory that is made anew; what debootstrap says goes to the log.
make_debian_root() {
  : >"$4"
  try_thrice bootstrap_once "$@" && return
  tail -n 5 "$4" >&2
  [ ! -s "$2/debootstrap/debootstrap.log" ] || tail -n 5 "$2/debootstrap/debootstrap.log" >&2
  echo "debootstrap failed; all it said is in $4" >&2
  return 1
}

bootstrap_once() {
  rm -rf --one-file-system "$2"
  # In a mount namespace, so that what it mounts ends with it. The script of sid is that of every suite, also of those it does not know.
  unshare --mount debootstrap --variant=minbase --include="$3" "$1" "$2" "$(find_mirror)" /usr/share/debootstrap/scripts/sid >>"$4" 2>&1
}
