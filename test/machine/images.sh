# shellcheck shell=bash
# To be sourced after library.sh: a registry, and images for it.
registry=127.0.0.1:5000

# registry_settings DIRECTORY [AUTH]: those of a registry that keeps its blobs in the directory.
registry_settings() {
  printf '%s\n' 'version: 0.1' 'log: {accesslog: {disabled: false}}' "storage: {filesystem: {rootdirectory: '$1/registry'}}" \
    "http: {addr: '$registry'}" "${2:-}"
}

# serve_images DIRECTORY [AUTH]: starts a registry, which keeps its blobs and the log of its requests in the directory.
serve_images() {
  mkdir "$1/registry"
  registry_settings "$@" >"$1/registry.yml"
  systemd-run --quiet --unit=test-registry --property=StandardOutput=file:"$1/requests" docker-registry serve "$1/registry.yml"
  at_exit+=("systemctl stop test-registry.service; tail -n 5 '$1/requests'")
  answers() { [[ $(curl -s -o /dev/null -w '%{http_code}' "http://$registry/v2/") = [24]0[01] ]]; }
  wait_for 10 answers
}

# serve_images_in NAME: starts one in the running container.
serve_images_in() {
  registry_settings /srv >"$(root_of "$1")/srv/registry.yml"
  systemd-run --quiet -M "$1" --unit=test-registry docker-registry serve /srv/registry.yml
}

# blobs DIRECTORY: how many layers and configurations were fetched from the registry of the directory.
blobs() { grep -cE '"GET /v2/[^ ]*/blobs/' "$1/requests" || true; }

# three_layers DIRECTORY: makes the images v1, v2 and v3 of one, two and three layers in the layout DIRECTORY/oci.
three_layers() {
  local oci=$1/oci bundle=$1/layers root=$1/layers/rootfs
  umoci init --layout "$oci"
  umoci new --image "$oci:v1"
  umoci unpack --image "$oci:v1" "$bundle"
  make_tree "$root"
  mkdir -p "$root/opt/old" "$root/opt/kept"
  echo one >"$root/opt/old/kept"
  echo two >"$root/opt/gone"
  echo below >"$root/opt/kept/below"
  chmod 2750 "$root/opt/kept"
  chown 12:34 "$root/opt/kept/below"
  head -c 4M /dev/urandom >"$root/opt/payload"
  ln "$root/opt/payload" "$root/opt/linked"
  setfattr -n user.note -v kept "$root/opt/payload"
  change_times "$root" 1000000001
  umoci repack --image "$oci:v1" "$bundle"
  umoci config --image "$oci:v1" --config.entrypoint /bin/sh --config.entrypoint -c \
    --config.cmd 'echo "$GREETING from $(pwd)"' --config.env GREETING='hello, "world"' --config.workingdir /root
  next_layer "$1" v1 v2
  rm -r "$root/opt/gone" "$root/opt/old"
  mkdir "$root/opt/old"
  echo three >"$root/opt/old/new"
  change_times "$root" 1000000002
  umoci repack --image "$oci:v2" "$bundle"
  next_layer "$1" v2 v3
  rm "$root/opt/linked" "$root/opt/kept/below"
  ln -s payload "$root/opt/linked"
  mkfifo "$root/opt/kept/fifo"
  echo four >"$root/opt/kept/added"
  change_times "$root" 1000000003
  umoci repack --image "$oci:v3" "$bundle"
  rm -rf "$bundle"
}

# umoci leaves directories out of a layer whose time is that of the layer below, in seconds, and then the layer does not tell their modes.
change_times() { touch -d "@$2" "$1" "$1/opt" "$1/opt/old" "$1/opt/kept"; }

next_layer() {
  rm -rf "$1/layers"
  umoci unpack --image "$1/oci:$2" "$1/layers"
}

# entries TREE: its names, types, modes, owners, sizes, links, digests and attributes.
entries() {
  # How many links a directory has is the file system's own affair.
  (cd "$1" && find . -mindepth 1 \( -type d -printf '%P %y %m %U %G\n' -o -printf '%P %y %m %U %G %n %l\n' \) | sort &&
    find . -type f -print0 | sort -z | xargs -0 sha256sum &&
    getfattr -R -d -m '^user\.' . 2>/dev/null)
}
