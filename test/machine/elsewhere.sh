# shellcheck shell=bash disable=SC2154
# To be sourced after library.sh and images.sh: every verb, told to a Ferry that is not this machine's.

# make_sources: what is sent there, and served here and there.
make_sources() {
  make_tree "$work/tree"
  echo mark >"$work/tree/mark"
  tar -C "$work/tree" -czf "$www/tree.tar.gz" .
  head -c 3M /dev/urandom >"$www/disk.raw"
  publish "$www/tree.tar.gz"
  echo 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3' >"$work/there.pub"
}

# here: all that the verbs could have done to this machine in the place of the other: its images, its server's log, its trust.
here() { find /var/lib/machines /var/lib/portables /var/lib/extensions /var/lib/confexts -mindepth 1 -maxdepth 1 && cat "$http_log" && { ls /etc/ferry/trust.d 2>/dev/null || true; }; }

# there WORD…: that, said to the other Ferry. every_verb sets $whose.
there() { ferryctl "${whose[@]}" "$@"; }

downloads_kept() { find "$1" -maxdepth 1 \( -name '.tar-*' -o -name '.raw-*' \); }
is_marked() { [ "$(btrfs property get -ts "$1" ro)" = ro=true ]; }

# every_verb CONTAINER OPTION…: says each verb to the Ferry that the options lead to, which is the one in that container, and
# looks at what there is in it afterwards. There, serve_in and serve_images_in have been called.
every_verb() {
  local name=$1 root state before
  root=$(root_of "$name")
  state=$root/var/lib
  shift
  whose=("$@")
  : >"$root$http_log"
  before=$(here)
  pulls_there
  imports_there
  exports_there
  containers_there
  changes_there
  cancels_there
  same "$(here)" "$before" "what is on this machine"
}

pulls_there() {
  step "${whose[*]}: pulls, from the server there, and what they keep"
  expect 0 there pull-tar -m --verify=checksum "$url/tree.tar.gz" pulled
  cmp "$work/tree/mark" "$state/machines/pulled/mark"
  expect 0 there pull-raw -m --verify=checksum "$url/disk.raw" disk
  cmp "$www/disk.raw" "$state/machines/disk.raw"
  same "$(downloads /disk.raw "$root")" 1 "the number of downloads there"
  [ -n "$(downloads_kept "$state/machines")" ] || fail "no download is kept"
  expect 0 there clean
  same "$(downloads_kept "$state/machines")" "" "what clean left"
}

imports_there() {
  step "${whose[*]}: imports, into every class"
  expect 0 there import-tar -m "$www/tree.tar.gz" tree
  cmp "$work/tree/mark" "$state/machines/tree/mark"
  expect 0 there import-raw -P "$www/disk.raw" raw
  cmp "$www/disk.raw" "$state/portables/raw.raw"
  expect 0 there import-fs -S "$work/tree" directory
  cmp "$work/tree/mark" "$state/extensions/directory/mark"
  there import-tar -C - settings <"$www/tree.tar.gz" >"$work/piped" 2>&1 || fail "$(cat "$work/piped")"
  cmp "$work/tree/mark" "$state/confexts/settings/mark"
  expect 0 there list-images --no-legend
  for entry in 'machine +pulled' 'machine +disk' 'machine +tree' 'portable +raw' 'sysext +directory' 'confext +settings'; do contains "$output" "^$entry "; done
}

exports_there() {
  step "${whose[*]}: exports"
  expect 0 there export-tar -m tree "$work/out.tar"
  same "$(tar -xOf "$work/out.tar" ./mark)" mark "the exported file"
  expect 0 there export-raw -P raw "$work/out.raw"
  cmp "$www/disk.raw" "$work/out.raw"
  expect 0 there export-oci -m tree "$work/out.oci"
  contains "$(tar -tf "$work/out.oci")" '^index\.json$'
  rm -f "$work"/out.tar "$work"/out.raw
}

containers_there() {
  step "${whose[*]}: container images, from a file of ours, and to and from the registry there"
  expect 0 there import-oci -m --layout=tree "$work/out.oci" unpacked
  cmp "$work/tree/mark" "$state/machines/unpacked/mark"
  rm -f "$work/out.oci"
  expect 0 there push-oci -m tree "$registry/team/tree:v1"
  expect 0 there pull-oci -m --layout=tree "$registry/team/tree:v1" from-registry
  cmp "$work/tree/mark" "$state/machines/from-registry/mark"
}

changes_there() {
  step "${whose[*]}: names, copies, marks"
  expect 0 there rename-image -m tree other
  [ ! -e "$state/machines/tree" ] || fail "it still has its old name"
  cmp "$work/tree/mark" "$state/machines/other/mark"
  expect 0 there clone-image -m other another
  echo changed >"$state/machines/another/mark"
  cmp "$work/tree/mark" "$state/machines/other/mark"
  expect 0 there read-only-image -m another yes
  is_marked "$state/machines/another" || fail "the tree is not marked"
  ! is_marked "$state/machines/other" || fail "the original is marked"
  expect 0 there read-only-image -m another no
  ! is_marked "$state/machines/another" || fail "the tree is still marked"
  expect 0 there read-only-image -P raw yes
  same "$(stat -c %A "$state/portables/raw.raw" | tr -d -- '-')" rrr "the mode of the disk"
  expect 0 there remove-image -m another from-registry unpacked
  [ ! -e "$state/machines/another" ] && [ ! -e "$state/machines/unpacked" ] || fail "an image is still there"
}

cancels_there() {
  step "${whose[*]}: a transfer there is listed and cancelled from here"
  ferryctl "${whose[@]}" pull-raw -m --verify=checksum -N "$slowest/disk.raw" cancelled >"$work/cancelled" 2>&1 &
  local pull=$!
  wait_for 10 runs_there
  lacks "$(ferryctl list-transfers --no-legend)" cancelled
  expect 0 there cancel-transfer "$(cat "$root/run/ferry/last-transfer")"
  ! wait "$pull" || fail "it ended well"
  contains "$(cat "$work/cancelled")" 'cancelled'
  [ ! -e "$state/machines/cancelled.raw" ] || fail "it was placed all the same"
}
runs_there() { there list-transfers --no-legend | grep -q cancelled; }

# know_there NAME MACHINES SETTINGS OPTION…: everything about an image, of the service that the options lead to, which keeps its
# machine images and its trust in these directories; it adds a trust entry there.
know_there() {
  local name=$1 machines=$2 settings=$3
  shift 3
  whose=("$@")
  step "${whose[*]}: what is known there of an image"
  expect 0 there pull-raw -m --verify=checksum "$url/disk.raw" known
  cmp "$www/disk.raw" "$machines/known.raw"
  expect 0 there show known
  contains "$output" "Source: $url/disk.raw"
  expect 0 there verify known
  contains "$output" '^  proofs +good'
  expect 0 there verify --online known
  contains "$output" '^  server +good'
  expect 0 there df --no-legend
  contains "$output" '^machine +pristine'
  expect 0 there clean -m --keep=1
  expect 0 there clean -m --older-than=0s --dry-run
  contains "$output" 'would be removed'
  [ -n "$(downloads_kept "$machines")" ] || fail "a dry run removed the download"
  expect 0 there clean -m --older-than=0s
  same "$(downloads_kept "$machines")" "" "what clean left"
  contains "$(there history --json=short known)" '"operation":"pull".*"verification":"checksum"'
  contains "$(there history --json=short)" '"operation":"clean"'
  expect 0 there trust add --yes --name="$name" "https://$name.example/" "$work/there.pub"
  [ -e "$settings/$name.conf" ] || fail "there is no $settings/$name.conf"
  contains "$(there trust show --json=short "https://$name.example/disk.raw")" "\"name\":\"$name\""
  expect 0 there trust list
  expect 0 there remove-image known
  [ ! -e "$machines/known.raw" ] || fail "it is still there"
}
