#!/bin/bash
# Images of stacked layers, which systemd starts from 260 on: made by Ferry and started by systemd, made by systemd and read by Ferry.
. "$(dirname "$0")/../library.sh"
. "$(dirname "$0")/../images.sh"
fresh
machines=/var/lib/machines
serve_images "$work"
[ "$(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')" -ge 260 ] || fail "this systemd starts no stacks"

step "an image of three layers: they remove, change, add, and replace a directory"
three_layers "$work"
skopeo copy --quiet --dest-tls-verify=false "oci:$work/oci:v3" "docker://$registry/team/app:latest"
umoci unpack --image "$work/oci:v3" "$work/expected"
wanted=$(entries "$work/expected/rootfs")

# mounted NAME: the entries of an image as systemd mounts it.
mounted() {
  systemd-mstack --mount --mkdir --read-only "$machines/$1.mstack" "$work/mounted" >&2
  entries "$work/mounted"
  systemd-mstack --umount --rmdir "$work/mounted" >&2
}

step "an image is a stack where nothing else is asked for, and systemd runs it as the image says"
expect 0 ferryctl pull-oci $registry/team/app app
contains "$(ferryctl list-images)" 'machine app +mstack .*app.mstack +rw'
same "$(mounted app)" "$wanted" "what systemd mounts"
same "$(find $machines/app.mstack -maxdepth 1 -type l -name 'layer@*' | wc -l)" 3 "the number of layers that others may share"
expect 0 systemd-nspawn --quiet --settings=trusted --register=no -M app
contains "$output" '^hello, "world" from /root'

step "what a container writes stays with its image, and no layer changes"
expect 0 systemd-nspawn --quiet --settings=no --register=no -M app /bin/sh -c 'echo own >/root/written; echo changed >/opt/old/new'
same "$(cat $machines/app.mstack/rw/data/root/written)" own
expect 0 ferryctl pull-oci $registry/team/app again
same "$(mounted again)" "$wanted" "another image of the same layers"
expect 0 systemd-nspawn --quiet --settings=no --register=no -M app /bin/sh -c 'cat /root/written /opt/old/new'
contains "$output" '^own'
contains "$output" '^changed'
expect 0 ferryctl export-tar app "$work/app.tar"
mkdir "$work/unpacked"
tar -C "$work/unpacked" --xattrs --xattrs-include='*' -xpf "$work/app.tar"
same "$(cat "$work/unpacked/root/written" "$work/unpacked/opt/old/new")" $'own\nchanged' "what the export has"
[ ! -e "$work/unpacked/opt/gone" ] || fail "what a layer removes is in the export"

step "systemd knows it"
expect 0 machinectl list-images
contains "$output" '^app +mstack +no'
expect 0 importctl list-images
contains "$output" 'app +mstack +.*/app.mstack'

step "cloned, read-only"
expect 0 ferryctl clone-image app copy
expect 0 systemd-nspawn --quiet --settings=no --register=no -M copy /bin/sh -c 'cat /root/written'
contains "$output" '^own'
expect 0 ferryctl read-only-image copy
expect 0 machinectl list-images
contains "$output" '^copy +mstack +yes'
expect 1 systemd-nspawn --quiet --settings=no --register=no -M copy /bin/sh -c 'cat /root/written; echo again >/root/written'
contains "$output" '^own'
contains "$output" 'Read-only file system'

step "systemd's own client makes a stack of Ferry's layers, and starts it"
mkdir -p /etc/systemd/oci-registry
echo '{"defaultProtocol":"http"}' >/etc/systemd/oci-registry/registry.127.0.0.1%3a5000.oci-registry
at_exit+=('rm -f /etc/systemd/oci-registry/registry.127.0.0.1*')
expect 0 importctl -m pull-oci $registry/team/app:latest shared
contains "$output" '3 already present'
same "$(mounted shared)" "$wanted" "a stack of systemd's"
expect 0 ferryctl show shared
expect 0 ferryctl clean -m --unused --dry-run
lacks "$output" 'oci-sha256'

step "in systemd-importd's and importctl's place"
cp -a "$source_directory" "$work/source"
at_exit+=('"$work/source/install.sh" --restore-importd; "$work/source/install.sh" --restore-importctl')
expect 0 "$work/source/install.sh" --replace-importd
import='{"remote":"127.0.0.1:5000/team/app:latest","local":"called","class":"machine","type":"oci","verify":"no"}'
expect 0 varlinkctl call --more --json=short --timeout=60 /run/systemd/io.systemd.Import io.systemd.Import.Pull "$import"
same "$(mounted called)" "$wanted" "what io.systemd.Import has pulled"
expect 0 "$work/source/install.sh" --replace-importctl
expect 0 importctl -m pull-oci $registry/team/app:latest command
expect 0 systemd-nspawn --quiet --settings=trusted --register=no -M command
contains "$output" '^hello, "world" from /root'
expect 0 ferryctl show command
contains "$output" "docker://$registry/team/app:latest@sha256:"
expect 0 "$work/source/install.sh" --restore-importctl
expect 0 "$work/source/install.sh" --restore-importd

step "a stack that systemd has made of its own layers is listed, shown and exported as systemd mounts it"
machines=$work/machines
mkdir "$machines"
at_exit+=('chattr -R -f -i "$work/machines"')
expect 0 /usr/lib/systemd/systemd-pull --image-root="$machines" oci $registry/team/app:latest theirs
expect 0 ferryctl list-images -m --image-root="$machines"
contains "$output" 'machine theirs +mstack .*/theirs.mstack +rw'
expect 0 ferryctl show -m --image-root="$machines" theirs
contains "$output" 'mstack'
expect 0 ferryctl export-tar -m --image-root="$machines" theirs "$work/theirs.tar"
mkdir "$work/exported"
tar -C "$work/exported" --xattrs --xattrs-include='*' -xpf "$work/theirs.tar"
same "$(entries "$work/exported")" "$(mounted theirs)" "the export of systemd's stack"
machines=/var/lib/machines
no_leftovers
