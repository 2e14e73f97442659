import type { BaseBlock } from 'asn1js';

/** Loaded only when there is a signature to verify: most transfers have none of this kind. */
const asn1js = () => import('asn1js');

// A signature with a chain of certificates has less than a thousand values, fifteen levels deep at most.
const limits = { maxDepth: 32, maxNodes: 10_000, parseEmbedded: false };

/** The library's numbers for the classes of tags. */
const [universalClass, contextClass] = [1, 3];

/** A value in BER or DER (X.690). */
export class Asn1 {
  /** All of it, with its header. */
  readonly bytes: Buffer;
  /** Of a constructed value. */
  readonly children: readonly Asn1[];
  readonly #block: BaseBlock;

  private constructor(block: BaseBlock) {
    const { buffer, byteOffset, length } = block.valueBeforeDecodeView;
    this.#block = block;
    this.bytes = Buffer.from(buffer, byteOffset, length);
    const { idBlock, lenBlock, valueBlock } = block;
    const headerLength = idBlock.blockLength + lenBlock.blockLength;
    // The library takes what lies within a constructed value even where it reaches beyond the length of that.
    if (!lenBlock.isIndefiniteForm && headerLength + lenBlock.length !== length) throw new Error('a wrong length');
    const value: unknown = idBlock.isConstructed && 'value' in valueBlock ? valueBlock.value : [];
    this.children = Array.isArray(value) ? value.map((child: BaseBlock) => new Asn1(child)) : [];
  }

  /**
   * Reads one value, which fills all of the bytes.
   *
   * @throws Error if it is damaged, too deep, or more than one
   */
  static async read(bytes: Buffer): Promise<Asn1> {
    const { fromBER } = await asn1js();
    const { offset, result } = fromBER(bytes, limits);
    if (offset !== bytes.length || result.error) throw new Error('not one value in BER');
    return new Asn1(result);
  }

  /** Whether it has a tag of the context: `[number]`. */
  isContext(number: number): boolean {
    const { tagClass, tagNumber } = this.#block.idBlock;
    return tagClass === contextClass && tagNumber === number;
  }

  /** @throws Error if it is not of a universal type, by its number */
  expect(type: AsnType): this {
    const { tagClass, tagNumber } = this.#block.idBlock;
    if (tagClass !== universalClass || tagNumber !== asnTypes[type]) throw new Error(`not a ${type}`);
    return this;
  }

  /** @throws Error if there is none at that place */
  child(index: number): Asn1 {
    const child = this.children[index];
    if (!child) throw new Error('too few values');
    return child;
  }

  /** Without its header, of a value that is cut into pieces all of them together. */
  get content(): Buffer {
    if (this.#block.idBlock.isConstructed) return Buffer.concat(this.children.map(({ content }) => content));
    return this.bytes.subarray(this.#block.idBlock.blockLength + this.#block.lenBlock.blockLength);
  }

  /** @throws Error if it is not an object identifier */
  oid(): string {
    return oidOf(this.expect('object identifier').content);
  }

  isOid(oid: string): boolean {
    const { tagClass, tagNumber } = this.#block.idBlock;
    return tagClass === universalClass && tagNumber === asnTypes['object identifier'] && oidOf(this.content) === oid;
  }

  /** @throws Error if it is not an integer from 0 up to the largest that a number holds exactly */
  integer(): number {
    const number = BigInt(`0x${this.expect('integer').content.toString('hex')}`);
    if (number > Number.MAX_SAFE_INTEGER) throw new Error('a large number');
    return Number(number);
  }

  /** @throws Error if it is not a bit string: its bits from the first on, which is that of the greatest value in a byte */
  bits(): readonly boolean[] {
    const [unused = 0, ...bytes] = this.expect('bit string').content;
    const bits = bytes.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => ((byte >> bit) & 1) === 1));
    return bits.slice(0, bits.length - unused);
  }
}

/** Numbers of universal tags (X.680 §8.4). */
const asnTypes = {
  boolean: 1,
  integer: 2,
  'bit string': 3,
  'octet string': 4,
  'object identifier': 6,
  sequence: 16,
  set: 17,
} as const;

type AsnType = keyof typeof asnTypes;

function oidOf(content: Buffer): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of content) {
    number = (number << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0n;
    }
  }
  const [first = 0n, ...rest] = numbers;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...rest].join('.');
}
