#!/bin/bash
# Runs 'npm run recording' on a host of its own: no images, no keys, no network but loopback, and a publisher at images.example.com.
# As root; needs tmux, openssl and gpg.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" != inside ]; then
  exec unshare --mount --net "$0" inside
fi

stage=$(mktemp --directory)
chmod 0755 "$stage"
export GNUPGHOME=$stage/gnupg
# Layers and kept downloads are read-only; what is here is neither, so that rm takes all of it.
trap 'gpgconf --kill all; umount --lazy "$stage/machines" "$stage/cover" 2>/dev/null || true; rm -rf "$stage"' EXIT
mkdir -p "$stage"/{machines,run,ferry,state,bin,cover}
mkdir -m 0700 "$GNUPGHOME"
# What is mounted over may not be there, and this host gets no directories for it.
mount -t tmpfs -o mode=0755 cover "$stage/cover"
for name in etc var/lib; do
  mkdir -p "$stage/cover/$name" "$stage/cover/$name.work"
  mount -t overlay -o "lowerdir=/$name,upperdir=$stage/cover/$name,workdir=$stage/cover/$name.work" overlay "/$name"
done
mkdir -p /var/lib/machines /etc/ferry
mount --bind "$stage/machines" /var/lib/machines
mount --bind "$stage/run" /run
mount --bind "$stage/ferry" /etc/ferry
ip link set lo up
echo '127.0.0.1 images.example.com' >"$stage/hosts"
mount --bind "$stage/hosts" /etc/hosts

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=images.example.com \
  -addext subjectAltName=DNS:images.example.com -keyout "$stage/tls.key" -out "$stage/tls.crt" &>/dev/null
gpg --batch --quiet --passphrase '' --quick-generate-key 'Example Images <images@example.com>' ed25519 sign 1y
gpg --armor --export images@example.com >"$stage/images.asc"
ln -s "$PWD/dist/ferryctl.js" "$stage/bin/ferryctl"

export STAGE=$stage SSL_CERT_FILE=$stage/tls.crt FERRY_STATE_DIRECTORY=$stage/state
"$stage/bin/ferryctl" trust add https://images.example.com/ "$stage/images.asc" --yes &>/dev/null
node build/tools/recording.js
