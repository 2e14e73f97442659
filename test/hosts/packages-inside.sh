#!/bin/bash
# packages-inside.sh PACKAGES: runs as root on a server that has just booted (packages.sh). With apt, and without a network: Ferry's
# package is installed, used until a container runs, upgraded, joined by ferry-importd, removed and purged.
. "$(dirname "$0")/../machine/library.sh"
packages=$1
ferry_debs=("$packages"/first/ferry_*.deb)
export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
done=false
at_exit+=('$done || journalctl --boot --no-pager --lines=80 >/var/log/ferry-row-journal')
# Counted as the tests of other rows are.
steps=0
step() {
  echo "# $SECONDS s: $*"
  steps=$((steps + 1))
}
# What is there with Ferry's name where packages put files.
files_of_ferry() { find /etc /usr /var/lib -path /usr/share/doc -prune -o -name '*ferry*' ! -name '*ferry-row*' ! -path '/var/lib/machines/*' -print; }
is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
# user COMMAND…: with the service manager of an ordinary user.
user() { as tester "XDG_RUNTIME_DIR=/run/user/$(id -u tester)" "$@"; }
contains "$(systemctl is-system-running || true)" 'running|degraded|starting'
systemctl --version | head -n 1

if [ -f "$packages/nodejs.deb" ]; then
  step "with a nodejs that is too old apt says what is missing, and changes nothing"
  expect 100 apt-get install --yes "${ferry_debs[@]}"
  contains "$output" 'ferry : Depends: nodejs \(>= 20\.19\)'
  same "$(files_of_ferry)" "" "what is there"
  ferry_debs+=("$packages/nodejs.deb")
fi

step "installed with all that it needs: the sockets wait, the service does not run"
expect 0 apt-get install --yes "${ferry_debs[@]}"
for package in ferry nodejs systemd-container polkitd; do is_installed $package || fail "$package is not installed"; done
same "$(dpkg --audit)" "" "what dpkg complains of"
same "$(systemctl is-active ferry.socket)" active
same "$(systemctl is-enabled ferry.socket)" enabled
same "$(systemctl --global is-enabled ferry.socket)" enabled
same "$(state_of ferry.service)" inactive
getent passwd ferry-stream >/dev/null || fail "there is no account ferry-stream"
expect 0 systemd-analyze verify --man=no ferry.service ferry.socket
echo "# node $(node --version)"

step "a tree is pulled, verified, and runs as a container"
make_tree "$work/tree"
mkdir "$work/www"
tar -C "$work/tree" -czf "$work/www/small.tar.gz" .
publish "$work/www/small.tar.gz"
cat >"$work/publisher.js" <<'END'
const [directory] = process.argv.slice(2);
const { createServer } = require('http');
const { createReadStream } = require('fs');
const answer = (request, response) =>
  createReadStream(directory + request.url)
    .on('error', () => response.writeHead(404).end())
    .pipe(response);
createServer(answer).listen(8000, '127.0.0.1');
END
systemd-run --quiet --unit=publisher node "$work/publisher.js" "$work/www"
answers() { (: </dev/tcp/127.0.0.1/8000); }
wait_for 10 answers
url=http://127.0.0.1:8000
# runs NAME: a program in that container does. The newest systemd-nspawn prints a note on standard error too.
runs() {
  expect 0 systemd-nspawn --quiet --pipe --keep-unit --register=no -M "$1" /bin/sh -c '. /usr/lib/os-release; echo "$ID runs as $(id -u)"'
  contains "$output" '^ferrytest runs as 0$'
}
expect 0 ferryctl pull-tar -m --verify=checksum "$url/small.tar.gz" pulled
runs pulled
same "$(systemctl is-active ferry.service)" active
expect 0 ferryctl import-tar -m "$work/www/small.tar.gz" imported
runs imported
expect 0 machinectl list-images
contains "$output" '^pulled '
contains "$output" '^imported '

step "the socket of an ordinary user waits too, and starts a service of his own"
# Without PAM, whose session systemd-logind 262 refuses in a container of another first process.
mkdir -p /etc/systemd/system/user@.service.d
printf '[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i\n' >/etc/systemd/system/user@.service.d/no-pam.conf
systemctl daemon-reload
expect 0 systemctl start "user@$(id -u tester).service"
same "$(user systemctl --user is-active ferry.socket)" active
head -c 1M /dev/urandom >"$work/disk"
expect 0 user ferryctl --user import-raw -m "$work/disk" mine
same "$(user systemctl --user is-active ferry.service)" active
mine=/home/tester/.local/state/machines/mine.raw
cmp "$work/disk" $mine

step "upgraded: the socket waits, and images are as they were"
before=$(dpkg-query --show --showformat='${Version}' ferry)
expect 0 apt-get install --yes "$packages"/next/ferry_*.deb
[ "$(dpkg-query --show --showformat='${Version}' ferry)" != "$before" ] || fail "the version is still $before"
same "$(systemctl is-active ferry.socket)" active
expect 0 ferryctl pull-tar -m --verify=checksum "$url/small.tar.gz" after
runs after
runs pulled

if [ -e /usr/bin/importctl ]; then
  step "importctl is Ferry's while ferry-importd is installed"
  expect 0 apt-get install --yes "$packages"/next/ferry-importd_*.deb
  expect 0 varlinkctl info /run/systemd/io.systemd.Import
  contains "$output" 'Ferry'
  expect 0 importctl pull-tar -m --verify=checksum "$url/small.tar.gz" by-importctl
  runs by-importctl
  expect 0 apt-get purge --yes ferry-importd
  [ ! -L /usr/bin/importctl ] || fail "importctl is not systemd's again"
else
  step "where there is no importctl, apt says that ferry-importd needs a newer systemd, and changes nothing"
  expect 100 apt-get install --yes "$packages"/next/ferry-importd_*.deb
  contains "$output" 'ferry-importd : Depends: systemd-container \(>= 257\)'
  is_installed ferry || fail "ferry is gone"
fi

step "removed and purged: no process, program or history is left, but the images are"
expect 0 apt-get remove --yes ferry
same "$(systemctl is-active ferry.service ferry.socket || true)" "$(printf 'inactive\ninactive')"
[ ! -e /usr/bin/ferryctl ] && [ -d /var/lib/ferry ] || fail "programs are left, or the history is gone"
expect 0 apt-get purge --yes ferry
same "$(files_of_ferry)" "" "what is left"
for name in pulled imported after; do runs $name; done
cmp "$work/disk" $mine
done=true
echo "ℹ pass $steps"
