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
if ! systemd-detect-virt --quiet --container; then limit=1800; fi
# A file and the console: in a virtual machine only the file comes out whole.
exec > >(tee "$results/tap") 2>&1
echo "TAP version 13"
echo "1..${#scripts[@]}"
for script in "${scripts[@]}"; do
  name=$(basename "$script" .sh)
  number=$((number + 1))
  began=$SECONDS
  status=0
  timeout --kill-after=30 "$limit" "$script" >"$results/$name.log" 2>&1 || status=$?
  case $status in
  0) echo "ok $number - $name # time=$((SECONDS - began))s" ;;
  77) echo "ok $number - $name # SKIP $(sed -n 's/^SKIP //p' "$results/$name.log")" ;;
  *)
    failed=1
    echo "not ok $number - $name # time=$((SECONDS - began))s"
    tail -n 60 "$results/$name.log" | sed 's/^/  # /'
    ;;
  esac
done
journalctl --boot --no-pager --output=short-precise >"$results/journal"
systemd-analyze --no-pager blame >"$results/blame" 2>&1
echo "$failed" >"$results/status"
sync
exec >/dev/null 2>&1
wait
exit "$failed"
