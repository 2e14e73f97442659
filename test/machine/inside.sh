#!/bin/bash
# Runs the numbered scripts of stories/, alone/ and newest/, inside the machine. Writes TAP, and leaves what explains it in /test/results.
set -u
here=$(dirname "$(readlink -f "$0")")
results=/test/results
mapfile -t chosen < <(grep . "$here/chosen")
# A host that starts one machine several times says here what to run.
only=$(sed -n 's/.*ferry\.only=\([a-z0-9-]*\).*/\1/p' /proc/cmdline)
[ -z "$only" ] || chosen=("$only")

is_chosen() {
  local part
  [ ${#chosen[@]} -gt 0 ] || return 0
  for part in "${chosen[@]}"; do [[ $1 != *"$part"* ]] || return 0; done
  return 1
}

scripts=()
for script in "$here"/stories/*.sh "$here"/alone/*.sh "$here"/newest/*.sh; do
  name=$(basename "$script" .sh)
  ! is_chosen "$name" || scripts+=("$script")
done

failed=0
number=0
# Seconds for one script.
limit=900
is_vm() { ! systemd-detect-virt --quiet --container; }
if is_vm; then limit=1800; fi

# run_script SCRIPT: leaves what it said in $log, its exit status in $status, and in $took how long it took.
run_script() {
  local began=$SECONDS
  log=$results/$(basename "$1" .sh).log
  status=0
  number=$((number + 1))
  timeout --kill-after=30 "$limit" "$1" >"$log" 2>&1 || status=$?
  took="time=$((SECONDS - began))s"
}

not_ok() {
  failed=1
  echo "not ok $number - $1 # $took"
  tail -n 60 "$log" | sed 's/^/  # /'
}

run_scripts() {
  local script name
  echo "1..${#scripts[@]}"
  for script in "${scripts[@]}"; do
    name=$(basename "$script" .sh)
    run_script "$script"
    case $status in
    0) echo "ok $number - $name # $took" ;;
    77) echo "ok $number - $name # SKIP $(sed -n 's/^SKIP //p' "$log")" ;;
    *) not_ok "$name" ;;
    esac
  done
}

# Each story runs with a Ferry that has a mistake, and has to fail, at the step that is about it.
run_mutants() {
  local mutants=("$here"/../../mutants/*) mutant step
  echo "1..${#mutants[@]}"
  for mutant in "${mutants[@]}"; do
    name="$(basename "$(cat "$mutant/story")"): $(cat "$mutant/what")"
    rm -f /run/ferry-test-step
    # A socket that is there would keep its mode.
    systemctl stop ferry.socket ferry.service 2>/dev/null
    "$mutant/install.sh" >"$results/install" 2>&1 || echo "  # install.sh fails: $(cat "$results/install")"
    run_script "$mutant/test/$(cat "$mutant/story").sh"
    step=$(cat /run/ferry-test-step 2>/dev/null)
    if [[ $status = 0 || $status = 77 ]]; then
      not_ok "$name: survived"
    elif [[ $step != *"$(cat "$mutant/step")"* ]]; then
      not_ok "$name: caught elsewhere, at '$step'"
    else
      echo "ok $number - $name: caught at '$step' # $took"
      sed -n 's/^# failed/  # failed/p' "$log" | cut -c1-300 | head -n 3
    fi
    cp "$log" "$results/mutant-$(basename "$mutant").log"
    "$here/../../install.sh" >"$results/install" 2>&1 || echo "  # install.sh fails: $(cat "$results/install")"
  done
}

# For who waits for it to start.
if is_vm; then echo "ferry-test: begins" >/dev/console; fi
# A file and the console: in a virtual machine only the file comes out whole.
exec > >(tee "$results/tap") 2>&1
echo "TAP version 13"
if [ -d "$here/../../mutants" ]; then
  run_mutants
else
  run_scripts
fi
journalctl --boot --no-pager --output=short-precise >"$results/journal"
systemd-analyze --no-pager blame >"$results/blame" 2>&1
echo "$failed" >"$results/status"
sync
exec >/dev/null 2>&1
wait
exit "$failed"
