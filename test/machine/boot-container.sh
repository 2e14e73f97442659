# shellcheck shell=bash disable=SC2154
# To be sourced by run.sh: boots the machine as a container of a copy of its tree.

# What runs with the newest systemd beside the scripts of newest/: what most depends on systemd, as far as a few minutes go.
newest_scripts=(010 040 050)

# All scripts but those of alone/, which take a machine of their own.
default_choice() {
  if [ "$release" = trixie ]; then
    (cd "$here/stories" && printf '%s\n' *.sh) | sed 's/\.sh$//'
  else
    printf '%s\n' "${newest_scripts[@]}"
    (cd "$here/newest" && printf '%s\n' *.sh) | sed 's/\.sh$//'
  fi
}

boot() {
  local devices=() device arguments
  for device in /dev/loop-control /dev/fuse; do
    [ ! -e "$device" ] || devices+=("--bind=$device")
  done
  loop_nodes
  arguments=(
    --capability=all --private-network --console=read-only "${devices[@]}"
    "--bind-ro=$work/source:/test/source" "--bind=$results:/test/results"
  )
  # systemd-sysctl and the API mounts of nested containers need them.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=1
  if [ -d /run/systemd/system ]; then
    run_mkosi boot "${arguments[@]}" >"$results/console" 2>&1 </dev/null
  else
    export -f boot_without_systemd remove_stale run_mkosi
    export work cache image release repository oldest_mkosi time_limit
    unshare --mount --propagation private bash -c 'boot_without_systemd "$@"' bash "${arguments[@]}" \
      >"$results/console" 2>&1 </dev/null
  fi
}

# The kernel hands out numbers of loop devices that have no node yet, and those of the host come too late for a container that
# runs: nodes of our own, more than all stories together take.
loop_nodes() {
  local number nodes=$work/loop-nodes
  mkdir -p "$nodes"
  for ((number = 0; number < 64; number++)); do
    [ -b "$nodes/$number" ] || mknod "$nodes/$number" b 7 "$number"
    devices+=("--bind=$nodes/$number:/dev/loop$number")
  done
}

# What a run that was killed may have left (another one may go on in another cache): its processes, its copy of the tree.
remove_stale() {
  local group
  for group in "/sys/fs/cgroup/ferry-test${work//\//-}".*; do
    [ -d "$group" ] || continue
    echo 1 >"$group/cgroup.kill" || true
    sleep 1
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  find "$work/mkosi.output" -maxdepth 1 -name "$image-????????????????" -exec rm -rf --one-file-system {} +
}

# Where PID 1 is another program, systemd-nspawn needs a control group of its own in a plain hierarchy, and a /run/systemd that
# does not pretend that systemd runs.
boot_without_systemd() {
  local group=/sys/fs/cgroup/ferry-test${work//\//-}.$$ status=0
  umount --recursive /sys/fs/cgroup 2>/dev/null || true
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  remove_stale
  mkdir -p "$group" /run/systemd
  mount -t tmpfs tmpfs /run/systemd
  (echo "$BASHPID" >"$group/cgroup.procs" && run_mkosi boot --keep-unit "$@") || status=$?
  find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  return "$status"
}
