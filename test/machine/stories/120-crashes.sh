#!/bin/bash
# The service and its workers are killed again and again, at every phase of pulls, imports and exports. After each kill every name in
# the image directories is a complete image, the old one or the new one, and what was left is gone after the next start.
. "$(dirname "$0")/../library.sh"
fresh
serve
machines=/var/lib/machines
portables=/var/lib/portables
wanted=${FERRY_KILLS:-30}
limit=$((wanted * 5))

# Two versions of a tree and of a disk, told apart by a file of their own; most of the bytes differ.
for version in old new; do
  make_tree "$work/$version"
  for i in {1..400}; do
    mkdir -p "$work/$version/srv/$((i % 20))"
    head -c 20000 /dev/urandom >"$work/$version/srv/$((i % 20))/$i"
  done
  echo $version >"$work/$version/version"
  tar -C "$work/$version" -czf "$www/tree-$version.tar.gz" .
  { head -c 6M /dev/urandom; head -c 20M /dev/zero; head -c 6M /dev/urandom; } >"$www/disk-$version.raw"
  xz -T0 -0 --keep "$www/disk-$version.raw"
done
publish "$www/tree-old.tar.gz"
print() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
declare -A trees=([old]=$(print "$work/old") [new]=$(print "$work/new"))
declare -A disks=([old]=$(sha256sum <"$www/disk-old.raw") [new]=$(sha256sum <"$www/disk-new.raw"))

# Each is started in the background, in the same order again and again: they replace the old one by the new one.
operations=(
  "ferryctl pull-tar -m --force --verify=checksum $brisk/tree-new.tar.gz tree"
  "ferryctl pull-raw -m --force --verify=checksum $brisk/disk-new.raw.xz disk"
  "ferryctl import-tar -m --force $www/tree-new.tar.gz tree"
  "ferryctl import-fs -P --force $work/new tree"
  "ferryctl pull-raw -P --keep-download=yes --force --verify=checksum $brisk/disk-new.raw disk"
  "ferryctl pull-tar -P --keep-download=yes --force --verify=no $url/tree-new.tar.gz tree"
  "ferryctl import-raw -m --force $www/disk-new.raw.xz disk"
  "ferryctl export-tar -m --format=gzip tree $work/exported.tar.gz"
  "ferryctl export-raw -m disk $work/exported.raw"
  "ferryctl clone-image tree copy"
)
# Who is killed, in turn: as many as have no divisor in common with the operations and the phases, so that all of them meet.
victims=(service placement fetch decode service placement decode placement fetch)

reset_images() {
  for directory in $machines $portables; do
    expect 0 ferryctl --image-root=$directory import-tar --force "$www/tree-old.tar.gz" tree
    expect 0 ferryctl --image-root=$directory import-raw --force "$www/disk-old.raw" disk
  done
  ferryctl remove-image copy 2>/dev/null || true
  # So that all is downloaded and kept again.
  ferryctl clean -m >/dev/null && ferryctl clean -P >/dev/null
  rm -f "$work"/exported.*
}

# Every visible name is a complete image.
check_images() {
  local directory name found
  for directory in $machines $portables; do
    for name in $(ls "$directory"); do
      case $name in
      disk.raw)
        found=$(sha256sum <"$directory/$name")
        [ "$found" = "${disks[old]}" ] || [ "$found" = "${disks[new]}" ] || fail "$directory/$name is incomplete, after: $story"
        ;;
      tree | copy)
        found=$(print "$directory/$name")
        [ "$found" = "${trees[old]}" ] || [ "$found" = "${trees[new]}" ] || fail "$directory/$name is incomplete, after: $story"
        ;;
      *) fail "$directory/$name should not be there, after: $story" ;;
      esac
    done
    [ -e "$directory/disk.raw" ] && [ -e "$directory/tree" ] || fail "an image of $directory is gone, after: $story"
  done
  # What was kept of downloads is complete, too: it would be copied the next time.
  for name in "$machines"/.raw-*.raw "$portables"/.raw-*.raw; do
    [ ! -e "$name" ] || [ "$(sha256sum <"$name")" = "${disks[new]}" ] || fail "$name is incomplete, after: $story"
  done
  for name in "$machines"/.tar-* "$portables"/.tar-*; do
    [ ! -d "$name" ] || [ "$(print "$name")" = "${trees[new]}" ] || fail "$name is incomplete, after: $story"
  done
  if [ -e "$work/exported.raw" ]; then
    found=$(sha256sum <"$work/exported.raw")
    [ "$found" = "${disks[old]}" ] || [ "$found" = "${disks[new]}" ] || fail "the exported disk is incomplete, after: $story"
  fi
  if [ -e "$work/exported.tar.gz" ]; then
    gzip -t "$work/exported.tar.gz" && tar -tzf "$work/exported.tar.gz" ./version >/dev/null || fail "the exported archive is incomplete, after: $story"
  fi
}

victim_pids() {
  case $1 in
  service) main_process ;;
  *) workers "$1" ;;
  esac
}

# What the client says when a phase begins. The kill comes shortly after it: the last phases are short.
phases=('started' 'Downloading|Importing|Exporting' 'Verifying|Installing' 'Installing' 'Copying' 'Installing' 'Copying|Installing')
delay() {
  case $phase in
  started | Down*) awk -v i="$1" 'BEGIN { printf "%.3f", (i * 0.0617) % 0.3 }' ;;
  *) awk -v i="$1" 'BEGIN { printf "%.3f", (i * 0.0031) % 0.03 }' ;;
  esac
}

# Waits until the client has said it, or is gone.
wait_for_phase() {
  local end=$((SECONDS + 8))
  until grep -qE "$1" "$work/said" || ! kill -0 "$client" 2>/dev/null || [ $SECONDS -ge $end ]; do sleep 0.01; done
}

step "killed, at every phase"
died=0
ended=0
reset_images
for ((i = 0; died < wanted; i++)); do
  [ $i -lt $limit ] || fail "too few of the kills hit anything: $died of $i"
  operation=${operations[i % ${#operations[@]}]}
  victim=${victims[i % ${#victims[@]}]}
  phase=${phases[i % ${#phases[@]}]}
  pause=$(delay $i)
  story="kill $((i + 1)): '$operation', $victim, $pause s after '$phase'"
  $operation >"$work/said" 2>&1 </dev/null &
  client=$!
  wait_for_phase "$phase"
  sleep "$pause"
  pids=$(victim_pids "$victim")
  hit=no
  for pid in $pids; do
    [ "$pid" = 0 ] || ! kill -KILL "$pid" 2>/dev/null || hit=yes
  done
  status=0
  wait $client || status=$?
  # 1 is for a process of the transfer, 13 for the service.
  [[ $status =~ ^(0|1|13)$ ]] || fail "the client ended with $status: $(cat "$work/said"), after: $story"
  if [ $hit = yes ] && [ $status != 0 ]; then
    died=$((died + 1))
    contains "$(tail -n 1 "$work/said")" '[a-z]'
    lacks "$(cat "$work/said")" '^ +at '
  elif [ $status = 0 ]; then
    ended=$((ended + 1))
  else
    fail "nobody was killed, and yet: $(cat "$work/said"), after: $story"
  fi
  echo "# $story: $([ $status = 0 ] && echo complete || echo cut), last said: $(tr '\r' '\n' <"$work/said" | grep -oE '^[A-Z][a-z]+ing' | tail -n 1 || true)"
  check_images
  # The next start cleans up; not sooner than systemd starts it again.
  sleep 1.5
  expect 0 ferryctl list-images
  wait_for 20 sh -c "! ls -d $machines/.#ferry-* $portables/.#ferry-* 2>/dev/null"
  check_images
  same "$(find "$work" -maxdepth 1 -name '.#*')" "" "what was left of the export"
  ((i % 9 != 8)) || reset_images
done
echo "# $died operations were cut, $ended ended before or in spite of it"
# No locks, notes or processes of the dead are left.
wait_for 10 sh -c '[ -z "$(ls /run/ferry/roots 2>/dev/null)" ] || [ "$(ls /run/ferry/roots | wc -l)" -le 4 ]'
expect 0 ferryctl pull-tar -m --force --verify=checksum "$url/tree-new.tar.gz" tree
same "$(print $machines/tree)" "${trees[new]}" "the tree after all"
