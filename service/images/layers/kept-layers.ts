import type { ImageRoot } from '../layout/root.js';

/** What an image directory has of one layer of container images: each the name of an entry. */
export interface KeptLayer {
  digest: string;
  /** The unpacked layer. */
  directory: string | undefined;
  /** What is recorded of it. */
  record: string | undefined;
  /** What another program had unpacked of it, which containers may still run from. */
  replaced: string[];
}

/** The name of something that is kept of a layer; undefined for any other name. */
export function parseLayerName(
  name: string,
): { digest: string; kind: 'directory' | 'record' | 'replaced' } | undefined {
  const [, digest, suffix] =
    /^\.oci-(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})(\.layer|\.systemd(?:\.\d+)?)?$/.exec(name) ?? [];
  if (digest === undefined) return undefined;
  if (suffix === undefined) return { digest, kind: 'directory' };
  return { digest, kind: suffix === '.layer' ? 'record' : 'replaced' };
}

/**
 * The layers in an image directory, in the order of their names.
 *
 * @throws Error of node when it cannot be read
 */
export function findLayers(root: ImageRoot): KeptLayer[] {
  const layers = new Map<string, KeptLayer>();
  for (const name of root.names().sort()) {
    const { digest, kind } = parseLayerName(name) ?? {};
    if (digest === undefined) continue;
    const layer = layers.get(digest) ?? { digest, directory: undefined, record: undefined, replaced: [] };
    layers.set(digest, layer);
    if (kind === 'replaced') layer.replaced.push(name);
    else if (kind === 'record') layer.record = name;
    else layer.directory = name;
  }
  return [...layers.values()];
}
