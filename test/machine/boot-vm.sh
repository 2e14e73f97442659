# shellcheck shell=bash disable=SC2154
# To be sourced by run.sh: boots the machine as a virtual machine, its kernel started directly. QEMU comes from mkosi's tools tree:
# older ones emulate Debian stable's kernel wrongly. FERRY_TEST_KVM=1 uses KVM, which not every nested host can bear.

disks=$cache/vm
# What a virtual machine adds to the container's run, and what tells most about a real kernel and udev; the rest by name.
vm_scripts=(060 200 210 300-power)
# Seconds that a start may take until its stories begin; emulated, on a busy host, it takes two minutes.
boot_limit=${FERRY_BOOT_TIMEOUT:-600}
# How often the power is cut, unless FERRY_POWER_CUTS says otherwise.
power_cuts=${FERRY_POWER_CUTS:-3}

make_disk() {
  rm -f "$disks/$1"
  truncate --size="$2" "$disks/$1"
  mkfs.ext4 -q -F -L "$1" ${3:+-d "$3"} "$disks/$1"
}

# virtual_machine KERNEL-PARAMETER…: runs it to its end, with the disks there are.
virtual_machine() {
  local accelerator=tcg,thread=multi,tb-size=1024 processor=max disk arguments=()
  if [ "${FERRY_TEST_KVM:-}" = 1 ]; then accelerator=kvm processor=host; fi
  for disk in source results; do
    arguments+=(-drive "if=none,id=$disk,file=$disks/$disk,format=raw,cache=unsafe" -device "virtio-blk-pci,drive=$disk,serial=$disk")
  done
  # The root is the only NVMe disk: several would be found in any order. Its cache is the host's: a kill of QEMU loses what the
  # guest has not sent yet, as a kill of the machine would.
  run_mkosi sandbox qemu-system-x86_64 -pidfile "$disks/pid" -machine q35 -accel "$accelerator" -cpu "$processor" -smp 2 -m 3072 \
    -nodefaults -display none -no-reboot -nic none -serial stdio -device virtio-rng-pci \
    -drive "if=none,id=root,file=$disks/root,format=raw,cache=writeback" -device nvme,serial=root,drive=root "${arguments[@]}" \
    -kernel "$work/mkosi.output/$image.vmlinuz" -append "console=ttyS0 root=/dev/nvme0n1 rootfstype=ext4 rw panic=-1 quiet mitigations=off \
systemd.mount-extra=LABEL=source:/test/source:ext4:ro systemd.mount-extra=LABEL=results:/test/results:ext4 \
systemd.wants=ferry-test.service systemd.condition-first-boot=no systemd.condition-needs-update=no systemd.hostname=vm \
systemd.default_device_timeout_sec=600 systemd.default_timeout_start_sec=600 \
systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket systemd.mask=systemd-network-generator.service \
systemd.mask=systemd-networkd-wait-online.service systemd.mask=e2scrub_reap.service systemd.mask=systemd-hwdb-update.service \
systemd.mask=serial-getty@ttyS0.service systemd.mask=getty@tty1.service systemd.mask=ldconfig.service systemd.show_status=no $*" </dev/null
}

# kill_machine: ends QEMU, as a power cut would. It removes the file when it ends by itself.
kill_machine() {
  local pid
  pid=$(cat "$disks/pid") && kill -KILL "$pid"
}

# run_machine CONSOLE KERNEL-PARAMETER…: runs the machine to its end. One that does not begin its stories in time is ended, and
# $problem says so.
run_machine() {
  local console=$1 machine end=$((SECONDS + boot_limit))
  shift
  virtual_machine "$@" >"$console" 2>&1 &
  machine=$!
  until grep -aq 'ferry-test: begins' "$console" || ! kill -0 "$machine" 2>/dev/null; do
    if [ $SECONDS -ge $end ]; then
      problem="did not start within $boot_limit s and was ended"
      kill_machine || kill "$machine"
      break
    fi
    sleep 1
  done
  wait "$machine" || problem=${problem:-ended with status $?; it may take $time_limit s}
  rm -f "$disks/pid"
}

# Starts the machine and kills it while it works: its disk stays as it is at that moment.
cut_power() {
  local round=$1 console=$results/console-power-$1 end
  virtual_machine "ferry.only=300-power ferry.round=$round" >"$console" 2>&1 &
  local machine=$!
  end=$((SECONDS + 900))
  until grep -aq 'ferry-power: working' "$console" || ! kill -0 "$machine" 2>/dev/null || [ $SECONDS -ge $end ]; do sleep 0.5; done
  # A time that no one has chosen.
  sleep "$((RANDOM % 40 + 5)).$((RANDOM % 10))"
  if kill_machine && grep -aq 'ferry-power: working' "$console"; then
    echo "# power cut $round: while it worked" >>"$results/power"
  else
    echo "# power cut $round: it did not work until then, see $console" >>"$results/power"
    touch "$results/power-failed"
  fi
  wait "$machine" || true
  rm -f "$disks/pid"
}

cut_power_again_and_again() {
  local round
  for ((round = 1; round <= power_cuts; round++)); do cut_power "$round"; done
  make_disk results 512M
  run_machine "$results/console-power-last" "ferry.only=300-power ferry.round=last"
}

default_choice() { printf '%s\n' "${vm_scripts[@]}"; }

collect_results() {
  mkdir -p "$disks/mounted"
  # Not read-only: a machine that was ended has left its journal.
  mount -o loop "$disks/results" "$disks/mounted"
  cp -r "$disks"/mounted/. "$results/"
  umount "$disks/mounted"
}

boot() {
  local chosen=$work/source/test/machine/chosen cut=no others
  mkdir -p "$disks"
  umount "$disks/mounted" 2>/dev/null || true
  if grep -q power "$chosen"; then
    cut=yes
    # In the first start it could only say that it cannot be told.
    if others=$(grep -v power "$chosen"); then echo "$others" >"$chosen"; fi
  fi
  make_disk root 12G "$work/mkosi.output/$image"
  make_disk source 512M "$work/source"
  make_disk results 512M
  run_machine "$results/console"
  collect_results
  if [ "$cut" = yes ] && [ "$power_cuts" -gt 0 ] && [ -s "$results/status" ]; then
    mkdir "$results/before-power"
    mv "$results"/{tap,status,journal} "$results/before-power/"
    cut_power_again_and_again
    collect_results
    join_reports
  fi
}

# One report of both: the power cuts are the last test.
join_reports() {
  local before=$results/before-power count
  count=$(($(grep -cE '^(not )?ok ' "$before/tap") + 1))
  mv "$results/tap" "$results/tap-power"
  {
    sed "s/^1\.\.[0-9]*$/1..$count/" "$before/tap"
    sed -nE '/^(not )?ok 1 /,$p' "$results/tap-power" | sed -E "s/^(not ok|ok) 1 /\1 $count /"
    cat "$results/power"
  } >"$results/tap"
  if [ "$(cat "$before/status")" != 0 ] || [ -e "$results/power-failed" ]; then echo 1 >"$results/status"; fi
}
