#!/bin/bash
# The commands of the documents that need systemd, word for word but for the hosts in URLs; among them the way of the README: install Ferry,
# pull an image, open a shell in it.
. "$(dirname "$0")/../library.sh"
. "$(dirname "$0")/../documents.sh"
fresh
serve
cp -a "$source_directory/." "$work/"
at_exit+=('"$work/install.sh" --restore-importd; "$work/install.sh" --restore-importctl; rm -f /etc/systemd/import-pubring.pgp')
cd "$work"
make_examples
serve_examples "$www"

# Seconds for a shell to be ready, which nothing tells.
pause=9
if is_vm; then pause=45; fi

# on_terminal BLOCK: runs it where a shell can be used, says something in that of the container, and leaves it.
on_terminal() {
  {
    wait_for 120 machinectl show "$(sed -n 's/^systemd-nspawn .*-M \([^ ]*\).*/\1/p' "$1")"
    sleep $pause
    echo 'cat /etc/os-release; exit'
    sleep $pause
  } | script --quiet --return --command "bash -euo pipefail '$1'" /dev/null
}

# run_blocks PAGE: those that it marks 'machine', one after the other. 195-packages.sh runs the one that installs a package.
run_blocks() {
  local block count=0
  rm -rf "$work/blocks"
  mkdir "$work/blocks"
  awk -v into="$work/blocks" '
    /^```sh machine \(installs a package\)/ { file = ""; next }
    /^```sh machine / { file = sprintf("%s/%02d", into, ++count); next }
    /^```/ { file = "" }
    file != "" { print >file }' "$work/$1"
  sed -i -e "s|https://cloud-images.ubuntu.com|$url|; s|http://images.example.com:8080|$url|" "$work"/blocks/*
  for block in "$work"/blocks/*; do
    step "$1: $(head -n 1 "$block")"
    if grep -q systemd-nspawn "$block"; then
      expect 0 on_terminal "$block"
    else
      expect 0 bash -euo pipefail "$block"
    fi
    count=$((count + 1))
  done
  [ $count -gt 0 ] || fail "$1 has nothing to run here"
}

step "a publisher who signs"
release=$www/jammy/current
mkdir -p "$release"
make_os "$release/jammy-server-cloudimg-amd64-root.tar.xz"
publish "$release/jammy-server-cloudimg-amd64-root.tar.xz"
export GNUPGHOME=$work/gnupg
mkdir -m 0700 "$GNUPGHOME"
at_exit+=('gpgconf --homedir "$work/gnupg" --kill all')
gpg --batch --quiet --passphrase '' --quick-generate-key images@example.com ed25519 sign never
gpg --batch --quiet --detach-sign "$release/SHA256SUMS"
mv "$release/SHA256SUMS.sig" "$release/SHA256SUMS.gpg"
gpg --batch --quiet --export images@example.com >/etc/systemd/import-pubring.pgp

run_blocks README.md
contains "$output" '^ID=debian'
[ -e /var/lib/machines/jammy-server-cloudimg-amd64-root/usr/bin/ferryctl ] || fail "there is no image"
[ -e /usr/share/man/man1/ferryctl.1 ] || fail "there is no manual page"

run_blocks docs/call.md
cmp tree/usr/lib/os-release /var/lib/machines/pulled/usr/lib/os-release

ferryctl clone-image jammy-server-cloudimg-amd64-root web
boot_container web PrivateUsers=no
run_blocks docs/remote.md
contains "$(tar -tf inner.tar)" '^\./usr/lib/os-release$'

run_blocks docs/troubleshoot.md

step "completion goes with the name"
./install.sh --replace-importctl
expect 0 bash -c '. /usr/share/bash-completion/completions/importctl; complete -p importctl
  COMP_WORDS=(importctl remove-image pu) COMP_CWORD=2; _ferryctl importctl; printf "%s\n" "${COMPREPLY[@]}"'
contains "$output" '^complete .*importctl$'
contains "$output" '^pulled$'
./install.sh --restore-importctl

run_blocks docs/replace-importd.md
lacks "$(dpkg-divert --list)" importctl
expect 0 ferryctl list-images
