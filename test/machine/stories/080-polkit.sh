#!/bin/bash
# Who may: root; a group by a rule; whoever can give a password, through the agent that the client starts; nobody else.
. "$(dirname "$0")/../library.sh"
fresh
serve
head -c 8M /dev/urandom >"$www/disk.raw"
publish "$www/disk.raw"
chmod 0644 "$www/disk.raw"
pull() { as "$1" ferryctl --system --no-ask-password pull-raw -m --verify=checksum -N "$url/disk.raw" "$2"; }

step "a user is refused, by name of what is missing"
expect 9 pull anna refused
contains "$output" 'authentication is needed|permission denied'
[ ! -e /var/lib/machines/refused.raw ] || fail "it was placed all the same"
expect 1 as anna varlinkctl call $socket io.ferry.Transfer.Pull "{\"url\":\"$url/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"verify\":\"checksum\"}"
contains "$output" 'InteractiveAuthenticationRequired'
expect 1 as anna varlinkctl call --more $socket io.systemd.Import.Pull "{\"remote\":\"$url/disk.raw\",\"type\":\"raw\",\"class\":\"machine\",\"verify\":\"checksum\"}"
contains "$output" 'InteractiveAuthenticationRequired'
for call in 'Remove {"class":"machine","name":"x"}' 'Rename {"class":"machine","name":"x","newName":"y"}' 'Clean {}'; do
  expect 1 as anna varlinkctl call $socket "io.ferry.Image.${call%% *}" "${call#* }"
  contains "$output" 'InteractiveAuthenticationRequired|PermissionDenied'
done

step "lists are free for everybody, logs are not"
expect 0 as anna ferryctl --system list-images
expect 0 as anna ferryctl --system list-transfers
# It lasts until root cancels it.
ferryctl pull-raw -m --verify=checksum -N "$slowest/disk.raw?token=secret" slow >"$work/slow" 2>&1 &
pull=$!
wait_for 10 sh -c 'ferryctl list-transfers --no-legend | grep -q pull'
expect 0 as anna ferryctl --system list-transfers --no-legend
contains "$output" 'disk.raw'
lacks "$output" 'secret'
id=$(cat /run/ferry/last-transfer)
expect 1 as anna varlinkctl call $socket io.ferry.Transfer.Watch "{\"id\":$id}"
contains "$output" 'InteractiveAuthenticationRequired|PermissionDenied'
expect 9 as anna ferryctl --system --no-ask-password cancel-transfer "$id"
expect 0 ferryctl cancel-transfer "$id"
! wait "$pull" || fail "it ended well"
contains "$(cat "$work/slow")" 'cancelled'

step "what only root may do is refused before polkit is asked"
expect 9 as anna ferryctl --system --no-ask-password pull-raw -m --verify=no --image-root=/var/tmp "$url/disk.raw" x
contains "$output" 'permission denied'
expect 9 as anna ferryctl --system --no-ask-password pull-raw -m --verify=no "file:///etc/shadow" x
contains "$output" 'permission denied'

step "a rule gives a group the right"
cat >/etc/polkit-1/rules.d/10-images.rules <<'END'
polkit.addRule(function(action, subject) {
  if (action.id == "io.ferry.pull" && subject.isInGroup("images")) return polkit.Result.YES;
});
END
chmod 0644 /etc/polkit-1/rules.d/10-images.rules
at_exit+=('rm -f /etc/polkit-1/rules.d/10-images.rules')
wait_for 15 pull clara granted
cmp "$www/disk.raw" /var/lib/machines/granted.raw
same "$(stat -c %U /var/lib/machines/granted.raw)" root
expect 9 pull berta refused
expect 9 as clara ferryctl --system --no-ask-password remove-image granted
[ -e /var/lib/machines/granted.raw ] || fail "pulling is not removing"
rm -f /etc/polkit-1/rules.d/10-images.rules

# ask USER ANSWER COMMAND…: runs it in a session on a terminal of its own, and types the answer when asked for a password. Without a
# session, polkit does not turn to an agent that is only there for want of another. It may take 3 minutes to
# ask, and 3 more to end: the typist keeps the terminal open for so long, and is ended with the command.
ask() {
  local user=$1 answer=$2
  shift 2
  local inner
  inner=$(printf '%q ' "$@")
  : >"$work/terminal"
  mkfifo "$work/typed"
  (
    exec 3>"$work/typed"
    for _ in {1..1800}; do
      if grep -aqE 'Password: *$|Password:' "$work/terminal"; then
        sleep 0.3
        echo "$answer" >&3
        break
      fi
      sleep 0.1
    done
    # Not one long sleep, which would outlive the typist.
    for _ in {1..1800}; do sleep 0.1; done
  ) &
  local typist=$! status=0
  script --quiet --return --flush --command "su --login $user --session-command $(printf %q "TERM=dumb $inner")" "$work/terminal" <"$work/typed" >/dev/null || status=$?
  kill "$typist" 2>/dev/null || true
  rm -f "$work/typed"
  output=$(cat "$work/terminal")
  return "$status"
}

step "asked on the terminal, the administrator's password grants it"
# Who is an administrator: root, whose password the image has.
cat >/etc/polkit-1/rules.d/20-administrator.rules <<'END'
polkit.addAdminRule(function(action, subject) { return ["unix-user:root"]; });
END
at_exit+=('rm -f /etc/polkit-1/rules.d/20-administrator.rules')
# It reads its rules before it takes its name on the bus, and a change of them some time later.
systemctl restart polkit.service
ask anna root ferryctl --system pull-raw -m --verify=checksum -N "$url/disk.raw" asked || fail "refused: $output"
contains "$output" 'Authentication is required to download a disk image'
cmp "$www/disk.raw" /var/lib/machines/asked.raw

step "the wrong password does not"
! ask anna wrong ferryctl --system pull-raw -m --verify=checksum -N "$url/disk.raw" wrong || fail "granted"
[ ! -e /var/lib/machines/wrong.raw ] || fail "it was placed all the same"

step "--no-ask-password asks nobody"
! ask anna root ferryctl --system --no-ask-password pull-raw -m --verify=checksum -N "$url/disk.raw" unasked || fail "granted"
lacks "$output" 'Password:'

step "without polkit, only root may"
systemctl mask --runtime --now polkit.service 2>/dev/null
at_exit+=('systemctl unmask --runtime polkit.service 2>/dev/null')
expect 9 pull anna refused
contains "$output" 'permission denied|authentication is needed'
expect 0 ferryctl remove-image granted
systemctl unmask --runtime polkit.service 2>/dev/null
