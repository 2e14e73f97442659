#!/usr/bin/env bash
# get-mkosi.sh DIRECTORY: unpacks Debian stable's mkosi there. Nothing is installed, and the host's apt state stays as it is.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../test/support/mirror.sh
. "$here/../test/support/mirror.sh"

release=trixie
target=$(realpath -m "$1")
mirror=$(find_mirror)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$work/sources.list"
options=(
  -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache"
  -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3
)
apt-get "${options[@]}" update
cd "$work"
apt-get "${options[@]}" download mkosi
rm -rf "$target.partial"
dpkg-deb --extract mkosi_*.deb "$target.partial"
rm -rf "$target"
mv -T "$target.partial" "$target"
