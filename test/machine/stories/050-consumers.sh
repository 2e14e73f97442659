#!/bin/bash
# What is pulled into each of the four directories is used by the program it is for.
. "$(dirname "$0")/../library.sh"
fresh
serve

step "a pulled tree runs in systemd-nspawn"
make_tree "$work/tree"
tar -C "$work/tree" --zstd -cf "$www/tree.tar.zst" .
publish "$www/tree.tar.zst"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/tree.tar.zst" small
expect 0 systemd-nspawn --quiet --keep-unit --register=no -M small /bin/echo "it runs"
contains "$output" 'it runs'

step "a pulled operating system boots: machinectl list-images, start, shell and stop"
make_os "$www/os.tar.zst"
publish "$www/os.tar.zst"
expect 0 ferryctl pull-tar -m --verify=checksum "$url/os.tar.zst" os
contains "$(machinectl list-images --no-legend)" '^ *os +subvolume +no'
boot_container os PrivateUsers=no
contains "$(machinectl list --no-legend)" '^ *os +container'
expect 0 systemd-run --quiet --wait --pipe -M os /bin/cat /etc/os-release
same "$output" "$(cat /etc/os-release)" "the system that runs"

step "while it runs, its image is busy"
expect 5 ferryctl remove-image os
contains "$output" 'os.*in use'
expect 5 ferryctl pull-tar -m --verify=checksum --force "$url/tree.tar.zst" os
contains "$output" 'os.*in use'
expect 5 ferryctl rename-image os other
systemctl -M os is-active --quiet multi-user.target || fail "the container was harmed"
expect 0 machinectl poweroff os
wait_for 60 never machinectl show os
expect 0 ferryctl remove-image os

step "portablectl attaches a pulled tree and starts what is in it"
make_tree "$work/pulledservice"
cat >"$work/pulledservice/usr/lib/systemd/system/pulledservice.service" <<'END'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/echo served from a pulled image
END
tar -C "$work/pulledservice" -czf "$www/pulledservice.tar.gz" .
publish "$www/pulledservice.tar.gz"
expect 0 ferryctl pull-tar --class=portable --verify=checksum "$url/pulledservice.tar.gz"
contains "$(portablectl list --no-legend)" 'pulledservice'
at_exit+=('portablectl detach --now --runtime pulledservice >/dev/null 2>&1')
expect 0 portablectl attach --runtime --now pulledservice
journalctl --sync
contains "$(journalctl --boot --unit=pulledservice.service --output=cat)" 'served from a pulled image'
expect 0 portablectl detach --now --runtime pulledservice

# extension CLASS NAME FILE: a tree that adds FILE.
extension() {
  local kind=$1 name=$2 file=$3 release
  case $kind in sysext) release=usr/lib/extension-release.d ;; confext) release=etc/extension-release.d ;; esac
  mkdir -p "$work/$name/$release" "$work/$name/$(dirname "$file")"
  printf 'ID=_any\n' >"$work/$name/$release/extension-release.$name"
  echo "from $name" >"$work/$name/$file"
}

step "systemd-sysext merges a pulled tree and a pulled disk"
extension sysext toolbox usr/share/ferry-test/toolbox
tar -C "$work/toolbox" -cJf "$www/toolbox.tar.xz" .
extension sysext workbench usr/share/ferry-test/workbench
truncate --size=8M "$www/workbench.raw"
mkfs.ext4 -q -d "$work/workbench" "$www/workbench.raw"
publish "$www/toolbox.tar.xz"
at_exit+=('systemd-sysext unmerge >/dev/null 2>&1; systemd-confext unmerge >/dev/null 2>&1')
expect 0 ferryctl pull-tar -S --verify=checksum "$url/toolbox.tar.xz"
expect 0 systemd-sysext refresh
same "$(cat /usr/share/ferry-test/toolbox)" "from toolbox"
expect 0 ferryctl pull-raw -S --verify=checksum "$url/workbench.raw"
cmp "$www/workbench.raw" /var/lib/extensions/workbench.raw
contains "$(systemd-sysext list --no-legend)" 'workbench +raw'
expect 0 systemd-sysext refresh
same "$(cat /usr/share/ferry-test/workbench)" "from workbench"
expect 0 systemd-sysext unmerge

step "systemd-confext merges a pulled tree"
extension confext settings etc/ferry-test-setting
tar -C "$work/settings" -cjf "$www/settings.tar.bz2" .
publish "$www/settings.tar.bz2"
expect 0 ferryctl pull-tar -C --verify=checksum --read-only "$url/settings.tar.bz2"
expect 0 systemd-confext refresh
same "$(cat /etc/ferry-test-setting)" "from settings"
expect 0 systemd-confext unmerge

step "list-images shows all of them, to everybody"
output=$(as anna ferryctl --system list-images --no-legend)
for name in small pulledservice toolbox workbench settings; do contains "$output" "$name"; done
no_leftovers
