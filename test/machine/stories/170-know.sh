#!/bin/bash
# What is known of an image: where it came from, whether it is still that, what can go, and what was done.
. "$(dirname "$0")/../library.sh"
fresh
serve
machines=/var/lib/machines
rm -rf /etc/systemd/import-pubring.pgp
export GNUPGHOME=$work/gnupg
mkdir -m 0700 "$GNUPGHOME"
at_exit+=('gpgconf --kill all; rm -f /etc/systemd/import-pubring.pgp')
gpg --batch --quiet --passphrase '' --quick-generate-key images@example.com ed25519 sign never
fingerprint=$(gpg --batch --with-colons --list-keys images@example.com | awk -F: '$1 == "fpr" { print $10; exit }')
gpg --batch --quiet --export images@example.com >/etc/systemd/import-pubring.pgp
make_tree "$work/tree"
head -c 8M /dev/urandom >"$work/tree/usr/payload"
tar -C "$work/tree" -czf "$www/tree.tar.gz" .
head -c 16M /dev/urandom >"$www/disk.raw"
publish "$www/tree.tar.gz"
gpg --batch --quiet --detach-sign "$www/SHA256SUMS"
mv "$www/SHA256SUMS.sig" "$www/SHA256SUMS.gpg"

# json FIELDS COMMAND…: what it prints, less all but one field of the first object.
json() {
  local fields=$1
  shift
  "$@" --json=short | node -e "console.log(JSON.parse(require('node:fs').readFileSync(0))[0].$fields)"
}
known() { json "$2" ferryctl show "$1"; }

for what in tree disk; do
  step "$what: pulled with a signature, and all of it is shown"
  if [ $what = tree ]; then
    expect 0 ferryctl pull-tar -m "$url/tree.tar.gz" tree
  else
    expect 0 ferryctl pull-raw -m "$url/disk.raw" disk
  fi
  expect 0 ferryctl show $what
  contains "$output" "$url/$what"
  contains "$output" "${fingerprint: -16}"
  same "$(known $what provenanceState)" known "what is known of $what"
  same "$(known $what provenance.verification)" signature "how $what was verified"
  same "$(known $what changed)" no "whether $what was changed"

  step "$what: by another name, and copied"
  expect 0 ferryctl rename-image $what renamed
  expect 0 ferryctl clone-image renamed copy
  for name in renamed copy; do
    same "$(known $name provenanceState)" known "what is known of $name"
    contains "$(known $name provenance.url)" "^$url/$what"
    contains "$(known $name provenance.signedBy)" "${fingerprint: -16}"
  done
  expect 0 ferryctl remove-image copy
  expect 0 ferryctl rename-image renamed $what
done

step "the download is what was signed, without the server"
systemctl stop nginx.service
expect 0 ferryctl verify disk
contains "$output" 'good'
step "and with it"
systemctl start nginx.service
expect 0 ferryctl verify --online disk

step "a tree that was changed is told of"
echo changed >$machines/tree/etc/changed
sync -f $machines
same "$(known tree changed)" yes "whether the tree was changed"
ferryctl verify tree >"$work/verified" 2>&1 || true
contains "$(cat "$work/verified")" 'changed'

step "a record that a guest has written is not believed"
record=$(getfattr --only-values --absolute-names -n trusted.ferry.provenance $machines/tree | sed 's/signature/signaturf/')
setfattr -n trusted.ferry.provenance -v "$record" $machines/tree
same "$(known tree provenanceState)" forged "what is known of the tree"
expect 6 ferryctl verify tree

step "a byte of the download that is not as it was"
download=$(find $machines -maxdepth 1 -name '.raw-*.raw')
chattr -i "$download"
mode=$(stat -c %a "$download")
printf X | dd of="$download" bs=1 seek=1000 conv=notrunc status=none
chmod "$mode" "$download"
expect 6 ferryctl verify disk

step "a disk: what is in it is told only if that is wished, by systemd-dissect in a unit of its own"
truncate --size=16M $machines/os.raw
mkfs.ext4 -q -d "$work/tree" $machines/os.raw
expect 0 ferryctl show os
contains "$output" 'System: not known: The image is a disk; --inspect-disk reads it'
expect 0 ferryctl show --inspect-disk os
contains "$output" 'System: A test tree'
contains "$output" 'Partition: root ext4'
same "$(json 'release.includes("ID=ferrytest")' ferryctl show --inspect-disk os)" true "whether the release file is read"
lacks "$(losetup --list --noheadings --output BACK-FILE)" os.raw
expect 0 ferryctl show --inspect-disk disk
contains "$output" 'System: not known: Cannot inspect it: '
expect 9 as anna ferryctl show --system --no-ask-password --inspect-disk os
expect 0 ferryctl remove-image os

step "what can go: said first, then done"
expect 0 ferryctl df
before=$(find $machines -maxdepth 1 -name '.[rt]a[rw]-*' | sort)
expect 0 ferryctl clean -m --older-than=1d
same "$(find $machines -maxdepth 1 -name '.[rt]a[rw]-*' | sort)" "$before" "the downloads of today"
expect 0 ferryctl clean -m --keep=1
same "$(find $machines -maxdepth 1 -name '.[rt]a[rw]-*' | sort)" "$before" "the newest download of each URL"
expect 0 ferryctl clean -m --older-than=0s --dry-run
contains "$output" '16(\.0)?M'
contains "$output" 'would be removed'
[ -e "$download" ] || fail "a dry run removed $download"
expect 0 ferryctl clean -m --older-than=0s
[ ! -e "$download" ] || fail "$download is still there"

step "history tells all of it"
journalctl --sync
expect 0 ferryctl history
for what in pull rename clone remove clean; do contains "$output" "$what"; done
contains "$(ferryctl history --json=short disk)" '"operation":"pull".*"verification":"signature"'

step "a user sees nothing of what root did"
expect 0 as anna ferryctl history
lacks "$output" ' disk '
expect 0 as anna ferryctl show --system tree
