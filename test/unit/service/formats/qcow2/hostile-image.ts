export function number(value: number | bigint, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeUInt32BE(Number(value));
  else buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
}

export const l1Offset = 0x30000;
export const l2 = 0x40000;
export const dataOffset = 0x50000;

export interface Hostile {
  name: string;
  kind: 'Corrupt' | 'UnsupportedFormat';
  message: RegExp;
  /** Options of qemu-img create. */
  options?: string;
  changes: [offset: number, bytes: Buffer][];
  length?: number;
  sizeMax?: number;
}
