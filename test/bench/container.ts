import { shell } from '../support/command.js';
import { temporaryDirectory } from '../support/temporary.js';

/** The name in a registry of the container image that is pulled. */
export const imageName = 'app:v1';

/**
 * Puts an image of four layers into a registry: the files of the benchmark's archive, and then copies of three of its directories.
 * `files` is the directory of the benchmark's files, `host` the registry's `HOST:PORT`.
 */
export async function publishImage(files: string, host: string): Promise<void> {
  await using work = temporaryDirectory();
  const script = `
    mkdir tree copies
    tar -C tree -xf "$1/debian.tar"
    umoci init --layout oci
    umoci new --image oci:app
    umoci raw add-layer --image oci:app "$1/debian.tar"
    # Of the archive of the quick benchmark, what takes the part of the same directories.
    for part in usr/lib:doc usr/share:locale etc:man; do
      [ -e "tree/\${part%:*}" ] || part=\${part#*:}
      tar -cf layer.tar -C tree --transform='s,^,opt/copies/,' "\${part%:*}"
      umoci raw add-layer --image oci:app layer.tar
    done
    skopeo copy --quiet --dest-tls-verify=false oci:oci:app "docker://$2/${imageName}"`;
  shell(script, [files, host], { cwd: work.path });
}
