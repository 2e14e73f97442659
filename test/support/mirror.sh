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
