import type { Target } from '../target.js';

const targets: Readonly<Record<string, () => Promise<Target>>> = {
  cpio: async () => (await import('./cpio.js')).cpio,
  framing: async () => (await import('./framing.js')).framing,
  idl: async () => (await import('./idl.js')).idl,
  layer: async () => (await import('./layer.js')).layer,
  lz4: async () => (await import('./lz4.js')).lz4,
  qcow2: async () => (await import('./qcow2.js')).qcow2,
  tar: async () => (await import('./tar.js')).tar,
};

export const targetNames: readonly string[] = Object.keys(targets);

/** Loads a target, and with it what it fuzzes. */
export function targetNamed(name: string): Promise<Target> {
  const load = targets[name];
  if (!load) throw new Error(`There is no target "${name}": it is one of ${targetNames.join(', ')}`);
  return load();
}
