#!/bin/bash
# Ferry as varlinkctl, which knows nothing of it, sees it: by its socket and through the registry.
. "$(dirname "$0")/../library.sh"
fresh
serve
head -c 2M /dev/urandom >"$www/disk.raw"
publish "$www/disk.raw"

step "info and list-interfaces"
expect 0 varlinkctl info $socket
contains "$output" 'Ferry'
expect 0 varlinkctl list-interfaces $socket
for interface in io.ferry.Image io.ferry.Transfer io.systemd.Import io.systemd.service org.varlink.service; do
  contains "$output" "^$interface\$"
done

step "introspect prints what varlinkctl itself finds valid"
for interface in io.ferry.Image io.ferry.Transfer io.systemd.Import io.systemd.service; do
  varlinkctl introspect $socket $interface >"$work/$interface"
  expect 0 varlinkctl validate-idl "$work/$interface"
done
expect 0 varlinkctl list-methods $socket io.ferry.Transfer
for method in Pull Plan Import Export Finish List Watch Cancel; do contains "$output" "io.ferry.Transfer.$method"; done

step "the registry leads there"
for interface in io.ferry.Transfer io.ferry.Image; do
  expect 0 varlinkctl introspect /run/varlink/registry/$interface $interface
done

step "a call with more: identifier, progress, result"
expect 0 varlinkctl call --more --json=short --timeout=60 $socket io.ferry.Transfer.Pull \
  "{\"url\":\"$slow/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"more\",\"verify\":\"checksum\"}"
contains "$(head -n 1 <<<"$output")" '"id":[0-9]+'
contains "$output" '"progress":\{.*"phase":"downloading"'
last=$(tail -n 1 <<<"$output")
contains "$last" '"result":\{'
contains "$last" "\"sha256\":\"$(sha256sum <"$www/disk.raw" | cut -d' ' -f1)\""
cmp "$www/disk.raw" /var/lib/machines/more.raw
expect 0 varlinkctl call --collect --json=short --timeout=60 $socket io.ferry.Transfer.Pull \
  "{\"url\":\"$url/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"collect\",\"verify\":\"checksum\"}"
contains "$output" '^\[.*\]$'

step "a call without more answers once, when the transfer has ended"
expect 0 varlinkctl call --json=short --timeout=60 $socket io.ferry.Transfer.Pull \
  "{\"url\":\"$url/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"once\",\"verify\":\"checksum\"}"
same "$(wc -l <<<"$output")" 1 "the number of answers"
contains "$output" '"path":"/var/lib/machines/once.raw"'

step "a plan says what a pull would do, and does nothing"
expect 0 varlinkctl call --json=short --timeout=60 $socket io.ferry.Transfer.Plan \
  "{\"url\":\"$brisk/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"planned\",\"verify\":\"checksum\"}"
contains "$output" '"bytes":2097152'
contains "$output" "\"digest\":\"sha256:$(sha256sum <"$www/disk.raw" | cut -d' ' -f1)\""
expect 0 varlinkctl call --json=short --timeout=60 $socket io.ferry.Transfer.Plan \
  "{\"url\":\"$url/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"planned\",\"verify\":\"checksum\"}"
contains "$output" '"bytes":0,.*"fromCache":true'
[ ! -e /var/lib/machines/planned.raw ]

step "errors by their names, bad parameters by theirs"
expect 1 varlinkctl call $socket io.ferry.Transfer.Pull \
  "{\"url\":\"$url/disk.raw\",\"format\":\"raw\",\"class\":\"machine\",\"name\":\"once\",\"verify\":\"checksum\"}"
contains "$output" 'io.ferry.Transfer.ImageExists'
expect 1 varlinkctl call $socket io.ferry.Transfer.Pull '{"url":"ftp://x/y","format":"raw","class":"machine"}'
contains "$output" 'InvalidUrl'
expect 1 varlinkctl call $socket io.ferry.Transfer.Pull '{"url":"http://x/y","format":"oci","class":"machine"}'
# Newer ones say it in words.
contains "$output" 'InvalidParameter|Invalid (parameter|argument)'
contains "$output" 'format'
expect 1 varlinkctl call $socket io.ferry.Transfer.Watch '{"id":4000000000}'
contains "$output" 'NoSuchTransfer'
expect 1 varlinkctl call $socket io.ferry.Nothing.AtAll '{}'
contains "$output" 'InterfaceNotFound|MethodNotFound'
expect 0 varlinkctl call --graceful=io.systemd.Import.NoTransfers --more $socket io.systemd.Import.ListTransfers '{}'
expect 0 varlinkctl call --oneway $socket io.systemd.service.Ping '{}'

if varlinkctl --help | grep -q -- --push-fd; then
  step "a pushed descriptor is imported"
  exec 5<"$www/disk.raw"
  expect 0 varlinkctl call --more --push-fd=5 $socket io.ferry.Transfer.Import \
    '{"format":"raw","class":"machine","name":"pushed","fileDescriptor":0}'
  exec 5<&-
  cmp "$www/disk.raw" /var/lib/machines/pushed.raw
else
  step "this varlinkctl cannot push descriptors: the integration tests do that with a newer one"
fi

step "it works over ssh-exec: as well as over the socket"
systemctl start ssh.service
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
mkdir -p /root/.ssh
cp "$work/key.pub" /root/.ssh/authorized_keys
printf 'Host here\n HostName 127.0.0.1\n IdentityFile %s\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n LogLevel ERROR\n' "$work/key" >/root/.ssh/config
chmod 0600 /root/.ssh/config /root/.ssh/authorized_keys
at_exit+=('rm -rf /root/.ssh; systemctl stop ssh.service')
expect 0 varlinkctl call --json=short "ssh-exec:here:ferryctl bridge" io.ferry.Image.List '{"class":"machine"}'
contains "$output" 'once'
expect 0 varlinkctl call --json=short "ssh-unix:here:$socket" io.ferry.Image.List '{"class":"machine"}'
contains "$output" 'once'
