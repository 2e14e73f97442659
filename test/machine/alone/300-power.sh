#!/bin/bash
# The machine loses its power while it pulls and imports (the host kills QEMU), again and again: after each start every name in the
# image directories is a complete image, the old one or the new one, and what was left is gone. boot-vm.sh says which start it is.
. "$(dirname "$0")/../library.sh"
round=$(sed -n 's/.*ferry\.round=\([0-9a-z]*\).*/\1/p' /proc/cmdline)
[ -n "$round" ] || skip "only a host can cut the power of its virtual machine"
state=/var/lib/power-test
www=$state/www
machines=/var/lib/machines
portables=/var/lib/portables
print() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1); }
digest() { sha256sum <"$1" | cut -d' ' -f1; }

prepare() {
  local version i
  fresh
  mkdir -p "$www" "$state/expected"
  for version in old new; do
    make_tree "$work/$version"
    for i in {1..60}; do head -c 50000 /dev/urandom >"$work/$version/usr/$i"; done
    echo $version >"$work/$version/version"
    tar -C "$work/$version" -czf "$www/tree-$version.tar.gz" .
    { head -c 3M /dev/urandom; head -c 10M /dev/zero; head -c 3M /dev/urandom; } >"$www/disk-$version.raw"
    print "$work/$version" >"$state/expected/tree-$version"
    digest "$www/disk-$version.raw" >"$state/expected/disk-$version"
  done
  publish "$www/disk-old.raw"
  for directory in $machines $portables; do
    expect 0 ferryctl --image-root=$directory import-tar "$www/tree-old.tar.gz" tree
    expect 0 ferryctl --image-root=$directory import-raw "$www/disk-old.raw" disk
  done
  sync
}

one_of() {
  local found=$1 what=$2
  [ "$found" = "$(cat "$state/expected/$what-old")" ] || [ "$found" = "$(cat "$state/expected/$what-new")" ] || fail "$3 is incomplete"
  if [ "$found" = "$(cat "$state/expected/$what-old")" ]; then echo "# $3: old"; else echo "# $3: new"; fi
}

check() {
  local directory name
  expect 0 ferryctl list-images
  contains "$output" 'tree'
  wait_for 20 sh -c "! ls -d $machines/.#ferry-* $portables/.#ferry-* 2>/dev/null"
  for directory in $machines $portables; do
    for name in "$directory"/* "$directory"/.raw-* "$directory"/.tar-*; do
      case ${name##*/} in
      '*' | '.raw-*' | '.tar-*' | .*.proofs) ;;
      disk.raw | .raw-*) one_of "$(digest "$name")" disk "$name" ;;
      tree | .tar-*) one_of "$(print "$name")" tree "$name" ;;
      *) fail "$name should not be there" ;;
      esac
    done
    [ -e "$directory/tree" ] && [ -e "$directory/disk.raw" ] || fail "an image of $directory is gone"
  done
}

if [ "$round" = 1 ]; then
  step "two versions of a tree and of a disk; the old ones are in place"
  prepare
else
  step "the power was cut: what is there is complete"
  check
  at_exit+=('cp -r "$state/expected" /test/results/ 2>/dev/null')
fi
[ "$round" != last ] || exit 0

serve
step "replacing them, until the power is cut"
echo "ferry-power: working" >/dev/console
while :; do
  for version in new old; do
    ferryctl --image-root=$machines pull-tar -m --force --keep-download=yes --verify=checksum "$brisk/tree-$version.tar.gz" tree
    ferryctl --image-root=$portables pull-raw --force --keep-download=yes --verify=checksum "$brisk/disk-$version.raw" disk
    ferryctl --image-root=$portables import-tar --force "$www/tree-$version.tar.gz" tree
    ferryctl --image-root=$machines import-raw --force "$www/disk-$version.raw" disk
    ferryctl --image-root=$portables clean
  done
done
