#!/bin/bash
# Makes, in the directory $1, a small tree with one of everything that a file system can hold and tar can carry. Needs root.
set -euo pipefail
cd "$1"
printf text >file
touch empty
mkdir directory empty-directory
printf text >directory/file
ln -s nowhere dangling
ln -s /etc/passwd absolute

# Owners, of links and directories too, beyond 16 bits and beyond what octal digits can say.
for kind in 1000:2000 70000:80000 4000000000:3000000000; do
  printf text >"owned-$kind" && chown "$kind" "owned-$kind"
  ln -s nowhere "link-$kind" && chown -h "$kind" "link-$kind"
  mkdir "directory-$kind" && chown "$kind" "directory-$kind"
done

# Mode bits; with other owners, as chown clears some.
for mode in 0000 0444 0711 4755 2755 6711 1644 7777; do
  printf text >"mode-$mode" && chown 12:34 "mode-$mode" && chmod "$mode" "mode-$mode"
  mkdir "directory-mode-$mode" && printf text >"directory-mode-$mode/file" && chown 12:34 "directory-mode-$mode" && chmod "$mode" "directory-mode-$mode"
done

# Attributes of every namespace.
printf text >attributes
setfattr -n user.words -v 'some words' attributes
setfattr -n user.binary -v 0x00ff0a3d00 attributes
setfattr -n user.empty attributes
setfattr -n 'user.equals=and%percent' -v x attributes
setfattr -n user.long -v "$(printf 'v%.0s' {1..2000})" attributes
setfattr -n trusted.note -v 'for root only' attributes
setfattr -n user.note -v 'on a directory' directory
setfattr -h -n trusted.note -v 'on a link' dangling
cp "$(type -P true)" capability && chown 7:8 capability && setcap cap_net_raw,cap_sys_admin+ep capability

# ACLs.
printf text >acl && setfacl -m u:1234:rw,u:77:r,g:2345:r,m::rw acl && chmod u+s acl
mkdir acl-directory && setfacl -m u:1234:rwx -m d:u:1234:rwx,d:g:2345:rx,d:o::- acl-directory
printf text >acl-directory/inherited
mkdir default-acl && setfacl -d -m u::rwx,g::rx,o::- default-acl && mkdir default-acl/below && setfacl -bk default-acl/below

# Files with several names, also of links and devices.
printf linked >linked && ln linked linked-again && ln linked directory/linked-elsewhere && ln linked 000-first
ln -s nowhere linked-link && ln -P linked-link linked-link-again
mkfifo fifo && chmod 620 fifo && mknod character c 1 3 && mknod block b 7 200 && chown 5:6 block && chmod 660 block
mknod large-device c 4000 1000000 && ln character character-again

# Names.
printf text >$'not-utf8-\xe9\xff' && ln -s $'target-\xe9\xff' $'link-\xe9'
printf text >$'line\nfeed' && printf text >$'back\\slash and space ' && printf text >-dash && printf text >'*'
printf text >"$(printf 'n%.0s' {1..255})"
for length in 98 99 100 101; do printf text >"$(printf "%0${length}d" 0)"; done
deep=$(printf 'deep-directory-%02d/' {1..20})
mkdir -p "$deep" && printf text >"$deep/file" && ln -s "$deep/file" "$(printf 'l%.0s' {1..150})"
ln "$deep/file" "$deep/file-again"

# Holes: at the front, in the middle, at the end, everywhere, and many.
truncate -s 4M sparse && printf middle | dd of=sparse bs=1 seek=1048576 conv=notrunc status=none
truncate -s 1M sparse-end && printf end | dd of=sparse-end bs=1 seek=1048573 conv=notrunc status=none
printf start >sparse-start && truncate -s 3000001 sparse-start
truncate -s 8M all-hole
truncate -s 2M many-holes
for block in {1..60}; do printf "block $block" | dd of=many-holes bs=8192 seek=$block conv=notrunc status=none; done
truncate -s 9G huge-sparse && printf end | dd of=huge-sparse bs=1 seek=9663676000 conv=notrunc status=none

# Times, set last and from the inside out.
find . -depth -print0 | xargs -0 touch -h -d '2023-03-04 05:06:07.123456789 UTC'
touch -d '1960-01-02 03:04:05.123456789 UTC' file
touch -d '2100-01-02 03:04:05.987654321 UTC' empty
touch -h -d '2000-01-01 00:00:00.000000001 UTC' dangling
touch -d '2001-02-03 04:05:06.7 UTC' directory
