#!/bin/sh
# Installs what 'npm run build' made, on a host with systemd, or takes it away again.
#
#   ./install.sh [DESTDIR]                install Ferry (below DESTDIR, for images)
#   ./install.sh --node=PATH DESTDIR      the same, for packages: with the node that the host is going to have
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
generator=/usr/lib/systemd/system-generators/ferry-import-generator
wanted=sockets.target.wants/ferry.socket
bash_completions=/usr/share/bash-completion/completions
fish_completions=/usr/share/fish/vendor_completions.d
# Debian's zsh looks in a directory of its own for what packages bring.
if command -v dpkg >/dev/null; then zsh_completions=/usr/share/zsh/vendor-completions; else zsh_completions=/usr/share/zsh/site-functions; fi

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

# Of the system that is installed on; empty where it has no systemd, and for packages, which are for any system.
systemd_version() {
    [ -n "$destination" ] || systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'
}

# is_since VERSION: whether systemd is known to be that new. 252 is the oldest that is tested.
is_since() {
    [ "${version:-0}" -ge "$1" ]
}

# Prints the sed script that takes out of units and other files what this systemd does not understand.
adaptations() {
    if [ -n "$version" ] && ! is_since 254; then echo '/^ImportCredential=/d'; fi
    # A line with it would be refused as a whole: such an account is locked, only not marked as expired.
    if ! is_since 257; then echo 's/^u! /u /'; fi
}

# Everything that is changed between begin and commit is undone when the script ends before that, whatever ends it.
begin() {
    kept=$(mktemp -d)
    trap 'undo $?' EXIT
    trap 'exit 1' HUP INT TERM
}

commit() {
    trap - EXIT HUP INT TERM
    rm -rf "$kept"
}

# keep PATH…: notes what is there, to be put back by undo.
keep() {
    for path; do
        if lines "$kept/paths" | grep -qxF -e "$path"; then continue; fi
        if [ -e "$path" ] || [ -L "$path" ]; then
            mkdir -p "$kept/tree$(dirname "$path")"
            cp -a "$path" "$kept/tree$path"
        fi
        # Only what is kept whole may be removed by undo. It passes over a line that is cut short.
        echo "$path" >>"$kept/paths"
    done
}

# make_directory PATH: as mkdir -p, and undo removes what was not there.
make_directory() {
    [ -d "$1" ] && return 0
    make_directory "$(dirname "$1")"
    echo "$1" >>"$kept/directories"
    mkdir "$1"
}

# Puts back what keep has noted; fails if some of it cannot be.
put_back() {
    lines "$kept/paths" | {
        whole=true
        while read -r path; do
            rm -rf "$path" || { whole=false && continue; }
            if [ ! -e "$kept/tree$path" ] && [ ! -L "$kept/tree$path" ]; then continue; fi
            cp -a "$kept/tree$path" "$path" || whole=false
        done
        $whole
    }
}

undo() {
    trap - EXIT HUP INT TERM
    set +e
    # It may be what has filled the disk.
    rm -rf "$destination$library.new"
    whole=true
    put_back || whole=false
    lines "$kept/aside" | while read -r path; do if is_aside "$path"; then give_back "$path"; fi; done
    lines "$kept/directories" | sort -r | while read -r path; do rmdir "$path" 2>/dev/null; done
    if [ -e "$kept/account" ]; then userdel ferry-stream; fi
    if is_live; then
        systemctl daemon-reload
        lines "$kept/active" | while read -r unit; do systemctl start "$unit"; done
    fi
    $whole || die "failed, and not all could be put back: what was there before is in $kept/tree"
    rm -rf "$kept"
    die "failed; the system is as it was before"
}

# lines FILE: what it holds, if it is there.
lines() {
    [ ! -f "$1" ] || cat "$1"
}

# Whether this is the running host and not a directory for a package.
is_live() {
    [ -z "$destination" ] && [ -d /run/systemd/system ]
}

# put MODE SOURCE TARGET: installs a file, with the paths of this host filled in.
put() {
    keep "$destination$3"
    make_directory "$destination$(dirname "$3")"
    # Written anew: what is there may be a link, or in use.
    rm -f "$destination$3"
    sed -e "s|@NODE@|$node|g" -e "s|@LIBDIR@|$library|g" -e "$adapted" "$here/$2" >"$destination$3"
    chmod "$1" "$destination$3"
}

# Beside the old ones first, so that a run that is cut short leaves something that works.
install_programs() {
    new=$destination$library.new
    rm -rf "$new"
    keep "$destination$library" "$destination/usr/bin/ferryctl"
    make_directory "$(dirname "$new")"
    make_directory "$destination/usr/bin"
    mkdir "$new"
    cp -R "$here/dist/." "$new/"
    chmod -R u=rwX,go=rX "$new"
    # The client behaves as importctl when it is called so.
    ln -s ferryctl.js "$new/importctl.js"
    for program in ferryctl ferryd importctl; do
        # Node opens /dev/null for streams that are closed: what is written there would be lost without a word.
        printf '#!/bin/sh\n{ true 3>&1; } 2>/dev/null || exec 1</dev/null\nexec %s %s/%s.js "$@"\n' \
            "$node" "$library" "$program" >"$new/$program"
        chmod 0755 "$new/$program"
    done
    rm -rf "$destination$library"
    mv "$new" "$destination$library"
    ln -sf ../lib/ferry/ferryctl "$destination/usr/bin/ferryctl"
}

install_all() {
    [ -f "$here/dist/ferryd.js" ] || die "dist/ is missing; run 'npm ci && npm run build' first"
    node=${node:-$(find_node)}
    version=$(systemd_version)
    adapted=$(adaptations)
    begin
    # What cannot work is found before anything is changed.
    if [ -z "$destination" ] && command -v systemctl >/dev/null; then check_account; fi
    install_programs
    put 0644 units/ferry.socket "$system/ferry.socket"
    put 0644 units/ferry.service "$system/ferry.service"
    put 0644 units/user/ferry.socket "$user/ferry.socket"
    put 0644 units/user/ferry.service "$user/ferry.service"
    put 0644 units/ferry-stream.sysusers.conf /usr/lib/sysusers.d/ferry.conf
    put 0755 units/ferry-import-generator "$generator"
    put 0644 units/io.ferry.policy /usr/share/polkit-1/actions/io.ferry.policy
    for page in "$here"/units/man/*.[1578]; do
        put 0644 "units/man/${page##*/}" "/usr/share/man/man${page##*.}/${page##*/}"
    done
    put 0644 units/completions/ferryctl.bash "$bash_completions/ferryctl"
    put 0644 units/completions/_ferryctl "$zsh_completions/_ferryctl"
    put 0644 units/completions/ferryctl.fish "$fish_completions/ferryctl.fish"
    if is_since 262; then
        put 0644 units/varlink-attributes.conf "$system/ferry.socket.d/varlink-attributes.conf"
        put 0644 units/varlink-attributes.conf "$user/ferry.socket.d/varlink-attributes.conf"
    fi
    if [ -z "$destination" ] && command -v systemctl >/dev/null; then start_all; fi
    commit
}

# Lets systemd judge the line for the account that downloads run as; before 250 it can only be told to make it.
check_account() {
    if is_since 250; then
        sed -e "$adapted" "$here/units/ferry-stream.sysusers.conf" | systemd-sysusers --dry-run - >/dev/null 2>&1 ||
            die "systemd-sysusers cannot make the account ferry-stream: see 'systemd-sysusers --dry-run units/ferry-stream.sysusers.conf'"
    fi
}

# Also in an image that is being built: there the socket is enabled, but not started.
start_all() {
    if ! getent passwd ferry-stream >/dev/null; then : >"$kept/account"; fi
    systemd-sysusers /usr/lib/sysusers.d/ferry.conf
    for directory in /etc/systemd/system /etc/systemd/user; do
        keep "$directory/$wanted"
        make_directory "$directory/${wanted%/*}"
    done
    systemctl --quiet enable ferry.socket
    systemctl --quiet --global enable ferry.socket
    if ! is_live; then return 0; fi
    if systemctl --quiet is-active ferry.socket; then echo ferry.socket >"$kept/active"; fi
    systemctl daemon-reload
    # A service of the version before refuses everything since its program was replaced.
    systemctl stop ferry.service
    forget_starts
    # Not only started: one that is there already would keep the paths and modes of the version before.
    systemctl restart ferry.socket
}

# What failed or was started before this installation does not count against it: after five starts within ten seconds systemd
# refuses the next one, and closes what waits at the socket.
forget_starts() {
    systemctl reset-failed ferry.service 2>/dev/null || true
}

# stop UNIT…: those that are loaded. Of others systemctl says that they are not installed, and stops the rest.
stop() {
    systemctl --quiet stop "$@" || [ $? -eq 5 ]
}

uninstall_all() {
    if [ -z "$destination" ]; then
        restore_importd
        restore_importctl
    fi
    if is_live; then
        stop ferry.socket ferry.service
        rm -rf /run/ferry
    fi
    # What 'systemctl enable' made, also in an image where nothing runs.
    rm -f "$destination/etc/systemd/system/$wanted" "$destination/etc/systemd/user/$wanted"
    for directory in system user; do rmdir "$destination/etc/systemd/$directory/${wanted%/*}" 2>/dev/null || true; done
    rm -rf "$destination$library" "$destination$system/ferry.socket.d" "$destination$user/ferry.socket.d"
    rm -f "$destination/usr/bin/ferryctl" "$destination$generator" \
        "$destination$system/ferry.socket" "$destination$system/ferry.service" \
        "$destination$user/ferry.socket" "$destination$user/ferry.service" \
        "$destination/usr/lib/sysusers.d/ferry.conf" "$destination/usr/share/polkit-1/actions/io.ferry.policy" \
        "$destination$bash_completions/ferryctl" "$destination$zsh_completions/_ferryctl" \
        "$destination$fish_completions/ferryctl.fish" \
        "$destination"/usr/share/man/man1/ferryctl.1* "$destination"/usr/share/man/man8/ferryd.8* "$destination"/usr/share/man/man8/ferry-import-generator.8* \
        "$destination"/usr/share/man/man5/ferry-trust.d.5* "$destination"/usr/share/man/man7/io.ferry.*.7*
    if is_live; then systemctl daemon-reload; fi
}

# The socket stays systemd's and keeps its name, which boot-time units require; only who answers on it changes.
replace_importd() {
    [ -e "$system/systemd-importd.socket" ] || die "there is no systemd-importd.socket on this host"
    begin
    if is_live && systemctl --quiet is-active systemd-importd.socket; then echo systemd-importd.socket >"$kept/active"; fi
    put 0644 units/importd/socket.conf /etc/systemd/system/systemd-importd.socket.d/ferry.conf
    put 0644 units/importd/service.conf /etc/systemd/system/ferry.service.d/importd.conf
    put 0644 units/importd/aside.socket /etc/systemd/system/ferry-importd-aside.socket
    put 0644 units/importd/aside.conf /etc/systemd/system/systemd-importd.service.d/ferry.conf
    reload_importd
    commit
}

restore_importd() {
    [ -e /etc/systemd/system/systemd-importd.socket.d/ferry.conf ] || return 0
    if is_live; then stop systemd-importd.service ferry-importd-aside.socket; fi
    rm -f /etc/systemd/system/systemd-importd.socket.d/ferry.conf /etc/systemd/system/ferry.service.d/importd.conf \
        /etc/systemd/system/ferry-importd-aside.socket /etc/systemd/system/systemd-importd.service.d/ferry.conf
    for unit in systemd-importd.socket ferry.service systemd-importd.service; do
        rmdir "/etc/systemd/system/$unit.d" 2>/dev/null || true
    done
    reload_importd
}

reload_importd() {
    if ! is_live; then return 0; fi
    systemctl daemon-reload
    # A socket that is stopped first does not start its service again.
    stop systemd-importd.socket ferry.socket systemd-importd.service ferry.service
    forget_starts
    systemctl start systemd-importd.socket ferry.socket
}

# set_aside PATH: what another package has there is kept as PATH.systemd, also when that package is updated.
set_aside() {
    if is_aside "$1"; then return 0; fi
    echo "$1" >>"$kept/aside"
    if command -v dpkg-divert >/dev/null; then
        dpkg-divert --quiet --local --rename --divert "$1.systemd" --add "$1"
    elif [ -e "$1" ] && [ ! -e "$1.systemd" ]; then
        mv "$1" "$1.systemd"
    fi
}

# is_aside PATH: whether set_aside has done so, so that what is there now is ours.
is_aside() {
    if command -v dpkg-divert >/dev/null; then [ "$(dpkg-divert --truename "$1")" = "$1.systemd" ]; else [ -e "$1.systemd" ]; fi
}

# give_back PATH: removes ours, and undoes set_aside.
give_back() {
    rm -f "$1"
    if command -v dpkg-divert >/dev/null && is_aside "$1"; then
        dpkg-divert --quiet --local --rename --remove "$1"
    elif [ -e "$1.systemd" ]; then
        mv "$1.systemd" "$1"
    fi
}

replace_importctl() {
    [ -e "$library/importctl" ] || die "Ferry is not installed; run install.sh without options first"
    [ -e /usr/bin/importctl ] || die "there is no /usr/bin/importctl to replace"
    begin
    set_aside /usr/bin/importctl
    keep /usr/bin/importctl
    ln -sf ../lib/ferry/importctl /usr/bin/importctl
    set_aside "$bash_completions/importctl"
    put 0644 units/completions/importctl.bash "$bash_completions/importctl"
    set_aside "$zsh_completions/_importctl"
    put 0644 units/completions/_importctl "$zsh_completions/_importctl"
    set_aside "$fish_completions/importctl.fish"
    put 0644 units/completions/importctl.fish "$fish_completions/importctl.fish"
    commit
}

restore_importctl() {
    [ -e /usr/bin/importctl.systemd ] || return 0
    give_back /usr/bin/importctl
    give_back "$bash_completions/importctl"
    give_back "$zsh_completions/_importctl"
    give_back "$fish_completions/importctl.fish"
}

node=
destination=
version=
adapted=
case ${1:-} in
-h | --help) sed -n '2,11p' "$0" | sed 's/^# \{0,1\}//' ;;
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
--node=*)
    node=${1#*=}
    destination=${2:-}
    [ -n "$destination" ] || die "--node= needs a DESTDIR; on this host the node that is found is used"
    install_all
    ;;
-*) die "unknown option $1; see --help" ;;
*)
    destination=${1:-}
    install_all
    ;;
esac
