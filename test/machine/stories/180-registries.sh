#!/bin/bash
# Containers from a registry, and back: pulled, run, shared, cleaned and sent to it.
. "$(dirname "$0")/../library.sh"
. "$(dirname "$0")/../images.sh"
fresh
machines=/var/lib/machines
# crypt(3) of the word "secret".
printf '%s\n' 'ferry:$2y$05$oB4YRxZKM20v4rSG7Ln5E.sh.brU77CmIWiH40ywqnfns6mVOTAFq' >"$work/htpasswd"
serve_images "$work" "auth: {htpasswd: {realm: Test, path: '$work/htpasswd'}}"

step "an image of two layers: the second removes, changes and adds"
umoci init --layout "$work/oci"
umoci new --image "$work/oci:v1"
umoci unpack --image "$work/oci:v1" "$work/bundle"
make_tree "$work/bundle/rootfs"
mkdir -p "$work/bundle/rootfs/opt/old"
echo one >"$work/bundle/rootfs/opt/old/kept"
echo two >"$work/bundle/rootfs/opt/gone"
head -c 4M /dev/urandom >"$work/bundle/rootfs/opt/payload"
ln "$work/bundle/rootfs/opt/payload" "$work/bundle/rootfs/opt/linked"
setfattr -n user.note -v kept "$work/bundle/rootfs/opt/payload"
umoci repack --image "$work/oci:v1" "$work/bundle"
umoci config --image "$work/oci:v1" --config.entrypoint /bin/sh --config.entrypoint -c \
  --config.cmd 'echo "$GREETING from $(pwd)"' --config.env GREETING='hello, "world"' --config.workingdir /root
rm -rf "$work/bundle"
umoci unpack --image "$work/oci:v1" "$work/bundle"
rm -r "$work/bundle/rootfs/opt/gone" "$work/bundle/rootfs/opt/old"
mkdir "$work/bundle/rootfs/opt/old"
echo three >"$work/bundle/rootfs/opt/old/new"
umoci repack --image "$work/oci:v2" "$work/bundle"
for tag in v1 v2; do
  skopeo copy --quiet --dest-tls-verify=false --dest-creds ferry:secret "oci:$work/oci:$tag" "docker://$registry/team/app:$tag"
done

step "nothing comes without a password, and none is in what the service says"
expect 7 ferryctl pull-oci $registry/team/app:v2 app
[ ! -e $machines/app ] || fail "something was placed"
printf '{"auths":{"%s":{"auth":"%s"}}}\n' $registry "$(printf ferry:secret | base64)" >"$work/auth.json"
chmod 0600 "$work/auth.json"
export REGISTRY_AUTH_FILE=$work/auth.json

step "a tree, as umoci makes it"
mark_journal
expect 0 ferryctl pull-oci --layout=tree $registry/team/app:v2 app
lacks "$(since_mark ferry.service)" secret
rm -rf "$work/bundle"
umoci unpack --image "$work/oci:v2" "$work/bundle"
same "$(entries $machines/app)" "$(entries "$work/bundle/rootfs")" "the tree"
[ ! -e $machines/app/opt/gone ] || fail "a removed file is there"

step "it runs as the image says"
expect 0 systemd-nspawn --quiet --settings=trusted --register=no -M app
contains "$output" '^hello, "world" from /root'

step "where it came from is known"
expect 0 ferryctl show app
contains "$output" "$registry/team/app"
contains "$output" 'sha256:[0-9a-f]{64}'

step "what another image has too is not fetched again"
before=$(blobs "$work")
expect 0 ferryctl pull-oci --layout=tree $registry/team/app:v1 first
same $(($(blobs "$work") - before)) 1 "the number of blobs for an image whose layer is there"
[ -e $machines/first/opt/gone ] || fail "a file that only the second layer removes is gone"

step "layers are hidden, counted, and go when nothing needs them"
lacks "$(ferryctl list-images)" oci-sha256
contains "$(ferryctl list-images --all)" 'oci-sha256'
contains "$(ferryctl df)" layer
expect 0 ferryctl clean -m --unused --dry-run
contains "$output" oci-sha256
[ -n "$(find $machines -maxdepth 1 -name '.oci-sha256:*')" ] || fail "a dry run removed layers"

step "a stack of the same layers"
expect 0 ferryctl pull-oci --layout=mstack $registry/team/app:v2 stack
contains "$(ferryctl list-images)" 'stack +mstack'
expect 0 ferryctl clean -m
for link in $machines/stack.mstack/layer@*; do [ -d "$link/" ] || fail "$link leads nowhere"; done
expect 0 ferryctl export-tar stack "$work/stack.tar"
mkdir "$work/unpacked"
tar -C "$work/unpacked" --xattrs --xattrs-include='*' -xpf "$work/stack.tar"
same "$(entries "$work/unpacked")" "$(entries "$work/bundle/rootfs")" "the exported stack"
expect 0 ferryctl remove-image stack
expect 0 ferryctl clean -m
same "$(find $machines -maxdepth 1 -name '.oci-sha256:*' | wc -l)" 0 "the number of layers that nothing needs"

step "an image of our own, for others"
expect 0 ferryctl export-oci app "$work/app.oci"
skopeo copy --quiet --dest-tls-verify=false --dest-creds ferry:secret "oci-archive:$work/app.oci" "docker://$registry/team/copy:v1"
expect 0 ferryctl pull-oci --layout=tree $registry/team/copy:v1 copy
same "$(entries $machines/copy)" "$(entries $machines/app)" "what came back"
no_leftovers
