#!/bin/bash
# A machine whose clock is years behind: signatures from the future are refused and the message says so; nothing else minds.
. "$(dirname "$0")/../library.sh"
is_vm || skip "a container shares its host's clock"
fresh
serve
head -c 1M /dev/urandom >"$www/disk.raw"
publish "$www/disk.raw"
export GNUPGHOME=$work/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --quiet --batch --passphrase '' --quick-gen-key publisher@example.com ed25519 sign never
gpg --quiet --batch --armor --detach-sign "$www/SHA256SUMS"
mv "$www/SHA256SUMS.asc" "$www/SHA256SUMS.gpg.asc" && gpg --quiet --dearmor <"$www/SHA256SUMS.gpg.asc" >"$www/SHA256SUMS.gpg"
gpg --quiet --export >"$work/ring.gpg"
gpgconf --kill all

step "with the right time it is good"
expect 0 ferryctl pull-raw -m -N --keyring="$work/ring.gpg" "$url/disk.raw" right

step "with a clock in the past it is not, and the message names the reason"
now=$(date +%s)
at_exit+=('date --set="@$now" >/dev/null')
date --set='2005-01-01 00:00:00' >/dev/null
expect 6 ferryctl pull-raw -m -N --keyring="$work/ring.gpg" "$url/disk.raw" past
contains "$output" 'in the future: is the clock of this host right'
[ ! -e /var/lib/machines/past.raw ] || fail "it was placed all the same"

step "without signatures the clock does not matter"
expect 0 ferryctl pull-raw -m --verify=checksum "$url/disk.raw" unsigned
cmp "$www/disk.raw" /var/lib/machines/unsigned.raw
expect 0 ferryctl list-images
no_leftovers
