# shellcheck shell=bash
# To be sourced: what the commands in the documents start from.

# make_examples: in the current directory, a tree with an operating system, an archive of it, and a disk.
make_examples() {
  mkdir -p tree/usr/lib tree/usr/bin tree/etc
  printf 'ID=example\nVERSION_ID=1\n' >tree/usr/lib/os-release
  ln -s ../usr/lib/os-release tree/etc/os-release
  tar -C tree -cf base.tar .
  printf begin >disk.raw
  truncate -s 4M disk.raw
}

# serve_examples DIRECTORY: what a publisher has there.
serve_examples() {
  xz --stdout base.tar >"$1/base.tar.xz"
  zstd --quiet disk.raw -o "$1/disk.raw.zst"
  (cd "$1" && sha256sum -- *.xz *.zst >SHA256SUMS)
}
