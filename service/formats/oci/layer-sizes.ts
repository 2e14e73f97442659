import type { Document } from './document.js';

interface NamedLayer {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly compression?: string;
}

/**
 * Compares what a manifest says of its layers: one that it names twice is the same both times, and all of them have a number of bytes.
 *
 * @throws Failure Corrupt when they are not
 */
export function checkLayerSizes(document: Document, layers: readonly NamedLayer[]): void {
  const known = new Map<string, NamedLayer>();
  let total = 0;
  for (const [index, layer] of layers.entries()) {
    const before = known.get(layer.digest);
    if (before !== undefined && (before.size !== layer.size || before.compression !== layer.compression))
      document.fail(`layers[${index}]`, 'has the digest of a layer before it, and another size or type');
    if (before !== undefined) continue;
    known.set(layer.digest, layer);
    total += layer.size;
  }
  if (!Number.isSafeInteger(total)) document.fail('layers', 'have more bytes together than any disk');
}
