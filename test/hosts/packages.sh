# shellcheck shell=bash disable=SC2154
# To be sourced by run.sh: rows in which a fresh Debian is booted by systemd-nspawn, with systemd as its first process, and goes from
# the Debian package to a running container (packages-inside.sh).

# What a small server has; all else that Ferry needs comes as a dependency of its package.
server=systemd-sysv,dbus,libpam-systemd,busybox-static
# Whose systemd-nspawn boots all of them.
booting=trixie
are_packages_made=false

make_server() {
  local suite=$1 root=$cache/servers/$1
  ! is_fresh "$root" || return 0
  echo "making a server of Debian $suite"
  mkdir -p "$cache/servers"
  rm -rf --one-file-system "$root"
  make_debian_root "$suite" "$root.partial" "$server" "$root.log" || die "cannot make a server of Debian $suite"
  rm -rf "$root.partial/var/cache/apt/archives"
  mkdir -p "$root.partial/var/cache/apt/archives/partial"
  # It is thrown away after each row.
  echo force-unsafe-io >"$root.partial/etc/dpkg/dpkg.cfg.d/unsafe-io"
  echo '127.0.0.1 localhost' >"$root.partial/etc/hosts"
  chroot "$root.partial" useradd --create-home --shell /bin/sh tester
  touch "$root.partial/$complete"
  mv -T "$root.partial" "$root"
}

# apt_of ROOT ARGUMENT…: this host's apt-get, for what is installed in the root, and with its sources.
apt_of() {
  local root=$1
  shift
  apt-get -qq -o Dir::State="$root/var/lib/apt" -o Dir::State::status="$root/var/lib/dpkg/status" -o Dir::Cache="$root/var/cache/apt" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Etc::SourceList="$root/etc/apt/sources.list" \
    -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null -o APT::Sandbox::User=root \
    -o APT::Install-Recommends=true -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false "$@"
}

download_once() {
  apt_of "$1" update && apt_of "$@"
}

# Puts what apt is going to install into the cache of the root's apt: rows have no network. Only what is new is downloaded.
download_dependencies() {
  apt_of "$1" install --yes --download-only "${@:2}" >/dev/null 2>&1 \
    || try_thrice download_once "$1" install --yes --download-only "${@:2}" >/dev/null || die "cannot download what Ferry's package needs"
}

# Upstream's Node as a package: Debian 12 has none that is new enough, and its users take one of this name and version from elsewhere.
make_nodejs() {
  local version=$1 place=$cache/nodejs-$1
  rm -rf "$place"
  mkdir -p "$place/root/DEBIAN" "$place/root/usr/bin"
  cp "$cache/node-$version/node/bin/node" "$place/root/usr/bin/"
  printf '%s\n' 'Package: nodejs' "Version: $("$place/root/usr/bin/node" --version | tr -d v)-1" "Architecture: $(dpkg --print-architecture)" \
    'Maintainer: Ferry Maintainers <maintainers@ferry.example.org>' 'Depends: libc6, libstdc++6' 'Description: the Node of this test' >"$place/root/DEBIAN/control"
  dpkg-deb --build --root-owner-group -Znone "$place/root" "$place/nodejs.deb" >/dev/null
  rm -rf "$place/root"
}

# Two versions of Ferry's packages, and what systemd-nspawn consists of.
make_packages() {
  local place=$cache/packages version
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$project/package.json")
  rm -rf "$place"
  (cd "$project" && node build/tools/package/main.js --output="$place/first" \
    && node build/tools/package/main.js --output="$place/next" --version="$version+next") >"$cache/packages.log" 2>&1 \
    || die "cannot make the packages; what was said is in $cache/packages.log"
  make_server "$booting"
  download_dependencies "$cache/servers/$booting" systemd-container
  dpkg-deb --extract "$(newest "$cache/servers/$booting/var/cache/apt/archives" systemd-container)" "$place/nspawn"
  are_packages_made=true
}

# newest DIRECTORY PACKAGE: the file of the package that was written last.
newest() {
  find "$1" -maxdepth 1 -name "$2_*.deb" -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p'
}

# Boots a copy of the server, which runs packages-inside.sh and ends with its status.
package_row() {
  local suite=$1 node=$2 copy=$cache/servers/row status=0
  $are_packages_made || make_packages
  local files=("$cache"/packages/first/ferry_*.deb)
  rm -f "$cache/packages/nodejs.deb"
  if [ "$node" != own ]; then
    make_nodejs "$node"
    mv "$cache/nodejs-$node/nodejs.deb" "$cache/packages/"
    files+=("$cache/packages/nodejs.deb")
  fi
  download_dependencies "$cache/servers/$suite" "${files[@]}"
  remove_copy
  cp -a --reflink=auto "$cache/servers/$suite" "$copy"
  write_unit "$copy"
  boot_server || status=$?
  # What failed last, where it is seen.
  cat "$copy/var/log/ferry-row-journal" 2>/dev/null || true
  cat "$copy/var/log/ferry-row" || { echo "it wrote nothing"; status=99; }
  remove_copy
  return "$status"
}

remove_copy() {
  [ -d "$cache/servers/row" ] || return 0
  chattr -R -f -i "$cache/servers/row" || true
  rm -rf --one-file-system "$cache/servers/row"
}

write_unit() {
  cat >"$1/etc/systemd/system/ferry-row.service" <<'END'
[Unit]
Description=Ferry's packages on this server
After=multi-user.target
SuccessAction=exit
FailureAction=exit

[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=file:/var/log/ferry-row
StandardError=inherit
ExecStart=/run/ferry-row/project/test/hosts/packages-inside.sh /run/ferry-row/packages
END
}

# In namespaces, so that all of it ends with its first process, and with systemd-nspawn of a newer Debian than this host may be.
# It needs a control group of its own in a plain hierarchy, and a /run/systemd that does not pretend that systemd runs.
boot_server() {
  ROOT=$cache/servers/$booting ROW=$cache/servers/row PROJECT=$project PACKAGES=$cache/packages GROUP=ferry-hosts.$$ \
    timeout --kill-after=10 "$time_limit" unshare --mount --net --pid --ipc --fork --kill-child --propagation private bash -euc '
    step() { "$@" || { echo "run.sh: cannot boot in $ROOT: this failed here: $*" >&2; exit 1; }; }
    step ip link set lo up
    step mount --bind "$ROOT" "$ROOT"
    step mount -t proc proc "$ROOT/proc"
    for folder in /sys /dev; do step mount --rbind "$folder" "$ROOT$folder"; done
    ! mountpoint -q "$ROOT/sys/fs/cgroup" || step umount --recursive "$ROOT/sys/fs/cgroup"
    step mount -t cgroup2 cgroup2 "$ROOT/sys/fs/cgroup"
    for folder in run tmp; do step mount -t tmpfs -o mode=0755 "$folder" "$ROOT/$folder"; done
    place=$ROOT/run/ferry-row
    mkdir -p "$place/row" "$place/project" "$place/packages"
    step mount --bind "$ROW" "$place/row"
    step mount -o bind,ro "$PROJECT" "$place/project"
    step mount -o bind,ro "$PACKAGES" "$place/packages"
    cd "$ROOT"
    step pivot_root . .
    step umount --lazy .
    cd /run/ferry-row
    # Of rows that were killed.
    find /sys/fs/cgroup -maxdepth 1 -name "ferry-hosts.*" -exec find {} -depth -type d -exec rmdir {} + \; 2>/dev/null || true
    group=/sys/fs/cgroup/$GROUP status=0
    mkdir -p "$group/row"
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_NSPAWN_API_VFS_WRITABLE=1
    (echo "$BASHPID" >"$group/row/cgroup.procs" && exec packages/nspawn/usr/bin/systemd-nspawn --quiet --directory=row --machine=ferry-row \
      --boot --keep-unit --register=no --settings=no --link-journal=no --capability=all --private-network --console=read-only \
      --bind-ro=/run/ferry-row/project --bind-ro=/run/ferry-row/packages \
      systemd.wants=ferry-row.service systemd.condition-first-boot=no systemd.show_status=no </dev/null) || status=$?
    find "$group" -depth -type d -exec rmdir {} + || true
    exit $status' run.sh
}
