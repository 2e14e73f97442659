import type { TestContext } from 'node:test';
import { attempt, type Outcome } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { projectRoot } from '../../support/project.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

/*
 * install.sh in a copy of this system that is made of layers and goes away with its mounts. systemctl and systemd-sysusers are this
 * host's, behind a stub that says which version they are of, refuses what that version does not know, writes down what it is
 * told, and fails where the test says so. Starting and stopping is all theirs: nothing runs there.
 */
const scene = String.raw`
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
root=$1/root
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/mnt" "$root/run/systemd/system"
mount --bind "$2" "$root/mnt"
rm -rf "$root/etc/ferry" "$root/usr/lib/ferry" "$root/usr/lib/systemd/system/ferry.service" "$root/usr/lib/systemd/system/ferry.socket"
for program in systemctl systemd-sysusers; do mv "$root/usr/bin/$program" "$root/usr/bin/$program.real"; done
cat >"$root/usr/bin/systemctl" <<'END'
#!/bin/sh
[ "$*" != --version ] || { echo "systemd $(cat /version) (stub)"; exit 0; }
echo "systemctl $*" >>/calls
! grep -qxF "systemctl $*" /failing 2>/dev/null || exit 1
case "$*" in
*enable* | *disable*) SYSTEMD_OFFLINE=1 exec systemctl.real "$@" 2>/dev/null ;;
*is-active*) [ -e /active ] ;;
*stop*)
  rm -f /active
  # Units that are not loaded are not installed to it, and the others are stopped.
  for unit; do case $unit in *.service | *.socket) [ -e "/usr/lib/systemd/system/$unit" ] || [ -e "/etc/systemd/system/$unit" ] || exit 5 ;; esac; done
  ;;
*start*) : >/active ;;
esac
END
cat >"$root/usr/bin/systemd-sysusers" <<'END'
#!/bin/sh
case $* in *--dry-run*) what=check ;; *) what=sysusers ;; esac
! grep -qxF $what /failing 2>/dev/null || exit 1
if [ "$(cat /version)" -lt 257 ] && grep -q '^u!' /usr/lib/sysusers.d/ferry.conf 2>/dev/null; then echo "Unknown modifier 'u!'" >&2; exit 1; fi
[ "$(cat /version)" -ge 257 ] || exec systemd-sysusers.real "$@"
[ $what = check ] || getent passwd ferry-stream >/dev/null || useradd --system ferry-stream
END
chmod 0755 "$root/usr/bin/systemctl" "$root/usr/bin/systemd-sysusers"
cat >"$root/state" <<'END'
cd /
find etc usr/lib/ferry* usr/lib/systemd usr/lib/sysusers.d usr/share/polkit-1 usr/share/man/man? usr/share/bash-completion \
  usr/share/zsh usr/share/fish usr/bin/ferryctl usr/bin/importctl* \
  ! -name '*-' ! -name '.pwd.lock' ! -name '*.cache' -printf '%p %y %m %l\n' 2>/dev/null | sort
find etc usr/lib/ferry usr/lib/systemd/system/*ferry* usr/lib/sysusers.d/ferry.conf ! -name '*-' -type f -exec sha256sum {} + 2>/dev/null | sort
END
printf '%s' "$3" >"$root/script"
exec chroot "$root" sh -euc '. /script'
`;

/** Runs lines of sh in such a system; undefined, with the test skipped, where none can be made. */
export function inCopy(t: TestContext, script: string): Outcome | undefined {
  if (!needsProduct(t)) return undefined;
  if (!needs(t, { root: true, features: ['mount'], programs: ['systemctl', 'systemd-sysusers', 'useradd'] }))
    return undefined;
  const { path } = temporaryDirectory(t);
  const overlay =
    'mount -t tmpfs x "$0"; mkdir "$0/u" "$0/w"; mount -t overlay x -o "lowerdir=/,upperdir=$0/u,workdir=$0/w" /mnt';
  if (attempt('unshare', ['--mount', 'sh', '-euc', overlay, path]).status !== 0) {
    t.skip('needs overlay file systems');
    return undefined;
  }
  return attempt('unshare', ['--mount', 'sh', '-c', scene, 'sh', path, projectRoot, script], {
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}
