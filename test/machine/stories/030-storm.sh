#!/bin/bash
# Hundreds of clients, at the start, at the idle end and while the service is stopped and started: each is answered.
. "$(dirname "$0")/../library.sh"
fresh

# storm COUNT NAME: that many calls at once; every one must be answered.
storm() {
  local i pids=() lost=0
  for ((i = 0; i < $1; i++)); do
    { varlinkctl call --json=short $socket io.ferry.Transfer.List '{}' >"$work/$2.$i" 2>&1 || echo "lost: $(cat "$work/$2.$i")" >"$work/$2.$i.lost"; } &
    pids+=($!)
  done
  wait "${pids[@]}"
  lost=$(find "$work" -name "$2.*.lost" | wc -l)
  [ "$lost" = 0 ] || fail "$lost of $1 calls were not answered: $(head -qn1 "$work/$2".*.lost | sort | uniq -c)"
}

step "100 clients at once start one service"
mark_journal
storm 100 start
# systemd writes that line once it has been told that the service is ready; clients may have their answers before.
wait_for 10 systemctl is-active ferry.service
same "$(since_mark ferry.service | grep -c '^Started ')" 1 "the number of starts"

step "clients come all the time while the service ends and is started 5 times"
(while [ ! -e "$work/enough" ]; do storm 10 restart.$SECONDS || exit 1; done) &
storms=$!
for _ in {1..5}; do
  # Not faster than systemd starts anything again; not before it can be told to end as at the idle end.
  sleep 2.5
  wait_for 10 systemctl is-active ferry.service
  # The process ends by itself, the socket stays systemd's.
  kill -TERM "$(main_process)"
done
touch "$work/enough"
wait "$storms" || fail "calls were lost: $(cat "$work"/*.lost | sort | uniq -c)"

step "clients come at the moment of the idle end"
wait_for 10 varlinkctl info $socket
# The last connection is closed now: 30 seconds from here the service gives up listening.
sleep 29.3
(for round in {1..14}; do storm 8 idle.$round; done) || fail "calls were lost: $(cat "$work"/*.lost | sort | uniq -c)"
