#!/bin/sh
# Installs what 'npm run build' made, on a host with systemd, or takes it away again.
#
#   ./install.sh [DESTDIR]                install Ferry (below DESTDIR, for packages)
#   ./install.sh --uninstall [DESTDIR]    remove it; images stay
#   ./install.sh --replace-importd        let Ferry answer on the socket of systemd-importd
#   ./install.sh --restore-importd        undo that
#   ./install.sh --replace-importctl      put ferryctl in the place of importctl (machinectl import-* and pull-* run that)
#   ./install.sh --restore-importctl      undo that
set -eu

here=$(cd "$(dirname "$0")" && pwd)
library=/usr/lib/ferry
system=/usr/lib/systemd/system
user=/usr/lib/systemd/user

die() {
    echo "install.sh: $*" >&2
    exit 1
}

# Prints the path of a node that a service can run: new enough, and not below somebody's home directory.
find_node() {
    node=$(command -v node) || die "node is not installed; Ferry needs Node 20.19 or newer"
    node=$(readlink -f "$node")
    case $node in
    /home/* | /root/*) die "$node is below a home directory, where services do not reach; install node for the whole system" ;;
    esac
    "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
        die "$node is $("$node" --version); Ferry needs Node 20.19 or newer"
    echo "$node"
}

systemd_version() {
    systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'
}

# Whether this is the running host and not a directory for a package.
is_live() {
    [ -z "$destination" ] && [ -d /run/systemd/system ]
}

# put MODE SOURCE TARGET: installs a file, with the paths of this host filled in.
put() {
    mkdir -p "$destination$(dirname "$3")"
    sed -e "s|@NODE@|$node|g" -e "s|@LIBDIR@|$library|g" "$here/$2" >"$destination$3"
    chmod "$1" "$destination$3"
}

install_all() {
    [ -f "$here/dist/ferryd.js" ] || die "dist/ is missing; run 'npm ci && npm run build' first"
    node=$(find_node)
    rm -rf "$destination$library"
    mkdir -p "$destination$library" "$destination/usr/bin"
    cp -R "$here/dist/." "$destination$library/"
    chmod -R u=rwX,go=rX "$destination$library"
    for program in ferryctl ferryd; do
        printf '#!/bin/sh\nexec %s %s/%s.js "$@"\n' "$node" "$library" "$program" >"$destination$library/$program"
        chmod 0755 "$destination$library/$program"
    done
    ln -sf ../lib/ferry/ferryctl "$destination/usr/bin/ferryctl"
    put 0644 units/ferry.socket "$system/ferry.socket"
    put 0644 units/ferry.service "$system/ferry.service"
    put 0644 units/user/ferry.socket "$user/ferry.socket"
    put 0644 units/user/ferry.service "$user/ferry.service"
    put 0644 units/ferry-stream.sysusers.conf /usr/lib/sysusers.d/ferry.conf
    put 0644 units/io.ferry.policy /usr/share/polkit-1/actions/io.ferry.policy
    version=$(systemd_version)
    if [ "${version:-0}" -ge 262 ]; then
        put 0644 units/varlink-attributes.conf "$system/ferry.socket.d/varlink-attributes.conf"
        put 0644 units/varlink-attributes.conf "$user/ferry.socket.d/varlink-attributes.conf"
    fi
    if is_live; then
        systemd-sysusers /usr/lib/sysusers.d/ferry.conf
        systemctl daemon-reload
        systemctl enable --now ferry.socket
        systemctl --global enable ferry.socket
    fi
}

uninstall_all() {
    if is_live; then
        restore_importd
        restore_importctl
        systemctl disable --now ferry.socket ferry.service 2>/dev/null || true
        systemctl --global disable ferry.socket 2>/dev/null || true
    fi
    rm -rf "$destination$library" "$destination$system/ferry.socket.d" "$destination$user/ferry.socket.d"
    rm -f "$destination/usr/bin/ferryctl" \
        "$destination$system/ferry.socket" "$destination$system/ferry.service" \
        "$destination$user/ferry.socket" "$destination$user/ferry.service" \
        "$destination/usr/lib/sysusers.d/ferry.conf" "$destination/usr/share/polkit-1/actions/io.ferry.policy"
    if is_live; then systemctl daemon-reload; fi
}

# The socket stays systemd's and keeps its name, which boot-time units require; only who answers on it changes.
replace_importd() {
    systemctl cat systemd-importd.socket >/dev/null 2>&1 || die "there is no systemd-importd.socket on this host"
    put 0644 units/importd/socket.conf /etc/systemd/system/systemd-importd.socket.d/ferry.conf
    put 0644 units/importd/service.conf /etc/systemd/system/ferry.service.d/importd.conf
    reload_importd
}

restore_importd() {
    [ -e /etc/systemd/system/systemd-importd.socket.d/ferry.conf ] || return 0
    rm -f /etc/systemd/system/systemd-importd.socket.d/ferry.conf /etc/systemd/system/ferry.service.d/importd.conf
    rmdir /etc/systemd/system/systemd-importd.socket.d /etc/systemd/system/ferry.service.d 2>/dev/null || true
    reload_importd
}

reload_importd() {
    if ! is_live; then return 0; fi
    systemctl daemon-reload
    systemctl stop systemd-importd.service ferry.service
    systemctl restart systemd-importd.socket ferry.socket
}

replace_importctl() {
    [ -e /usr/bin/importctl ] || die "there is no /usr/bin/importctl to replace"
    if command -v dpkg-divert >/dev/null; then
        dpkg-divert --quiet --local --rename --divert /usr/bin/importctl.systemd --add /usr/bin/importctl
    elif [ ! -L /usr/bin/importctl ]; then
        mv /usr/bin/importctl /usr/bin/importctl.systemd
    fi
    printf '#!/bin/sh\nFERRY_CALLED_AS=importctl exec %s %s/ferryctl.js "$@"\n' "$(find_node)" "$library" >"$library/importctl"
    chmod 0755 "$library/importctl"
    ln -sf ../lib/ferry/importctl /usr/bin/importctl
}

restore_importctl() {
    [ -e /usr/bin/importctl.systemd ] || return 0
    rm -f /usr/bin/importctl "$library/importctl"
    if command -v dpkg-divert >/dev/null && dpkg-divert --list /usr/bin/importctl | grep -q importctl.systemd; then
        dpkg-divert --quiet --local --rename --remove /usr/bin/importctl
    else
        mv /usr/bin/importctl.systemd /usr/bin/importctl
    fi
}

destination=
case ${1:-} in
-h | --help) sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//' ;;
--uninstall)
    destination=${2:-}
    uninstall_all
    ;;
--replace-importd)
    node=$(find_node)
    replace_importd
    ;;
--restore-importd) restore_importd ;;
--replace-importctl) replace_importctl ;;
--restore-importctl) restore_importctl ;;
-*) die "unknown option $1; see --help" ;;
*)
    destination=${1:-}
    install_all
    ;;
esac
