import { digestPattern } from '../../../common/digest.js';
import { Failure } from '../../../common/failure.js';
import { Document } from './document.js';
import { layersMax } from './limits.js';

/** A layer, with the digest that its archive has to have when it is not compressed; undefined where the configuration does not say. */
export type WithDiffId<Layer> = Layer & { readonly diffId: string | undefined };

/**
 * Gives each layer of a manifest the digest that the configuration has for it (image-spec, config.md, `rootfs.diff_ids`).
 *
 * @param config JSON
 * @param subject how messages call the configuration
 * @throws Failure Corrupt when there are more or fewer of them than layers, or one layer has two, or they cannot be read
 */
export function withDiffIds<Layer extends { readonly digest: string }>(
  layers: readonly Layer[],
  config: string,
  subject: string,
): WithDiffId<Layer>[] {
  const rootfs = Document.parse(Buffer.from(config), subject).object('rootfs');
  if (rootfs === undefined) return layers.map((layer) => ({ ...layer, diffId: undefined }));
  const diffIds = rootfs.texts('diff_ids', layersMax);
  if (diffIds.length !== layers.length)
    rootfs.fail('diff_ids', `has ${diffIds.length} items, and the manifest ${layers.length} layers`);
  const known = new Map<string, string>();
  return layers.map((layer, index) => {
    const diffId = diffIds[index] ?? '';
    if (!digestPattern.test(diffId)) rootfs.fail(`diff_ids[${index}]`, 'is not a sha256 or sha512 digest');
    const before = known.get(layer.digest) ?? diffId;
    if (before !== diffId) rootfs.fail(`diff_ids[${index}]`, 'is not that of the same layer before it');
    known.set(layer.digest, diffId);
    return { ...layer, diffId };
  });
}

/**
 * Compares what is in a layer with what the configuration says.
 *
 * @param digest of the layer as it is transferred
 * @param found undefined where it is not known
 * @throws Failure Corrupt when both are known, of one algorithm, and differ
 */
export function checkDiffId(digest: string, expected: string | undefined, found: string | undefined): void {
  if (expected === undefined || found === undefined || expected === found) return;
  if (algorithmOf(expected) !== algorithmOf(found)) return;
  const message = `Cannot use layer ${digest}: its content has the digest ${found}, and the configuration of the image says ${expected}; nothing was placed`;
  throw new Failure('Corrupt', message, { what: `layer ${digest}`, offset: undefined });
}

/** `sha256` or `sha512`. */
export function algorithmOf(digest: string): string {
  return digest.slice(0, digest.indexOf(':'));
}
