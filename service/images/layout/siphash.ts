const word64 = (1n << 64n) - 1n;

function rotateLeft(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & word64;
}

/** The four words of state, mixed by one round of "SipHash: a fast short-input PRF" (Aumasson, Bernstein 2012), section 2. */
class State {
  constructor(
    private a: bigint,
    private b: bigint,
    private c: bigint,
    private d: bigint,
  ) {}

  private round(): void {
    this.a = (this.a + this.b) & word64;
    this.b = rotateLeft(this.b, 13n) ^ this.a;
    this.a = rotateLeft(this.a, 32n);
    this.c = (this.c + this.d) & word64;
    this.d = rotateLeft(this.d, 16n) ^ this.c;
    this.a = (this.a + this.d) & word64;
    this.d = rotateLeft(this.d, 21n) ^ this.a;
    this.c = (this.c + this.b) & word64;
    this.b = rotateLeft(this.b, 17n) ^ this.c;
    this.c = rotateLeft(this.c, 32n);
  }

  absorb(word: bigint): void {
    this.d ^= word;
    this.round();
    this.round();
    this.a ^= word;
  }

  finish(): bigint {
    this.c ^= 0xffn;
    for (let count = 0; count < 4; count++) this.round();
    return this.a ^ this.b ^ this.c ^ this.d;
  }
}

/** SipHash-2-4 of `data` under a key of 16 bytes. Made for short input such as an URL: it works on bigints. */
export function siphash24(data: Buffer, key: Buffer): bigint {
  const low = key.readBigUInt64LE(0);
  const high = key.readBigUInt64LE(8);
  const state = new State(
    low ^ 0x736f6d6570736575n,
    high ^ 0x646f72616e646f6dn,
    low ^ 0x6c7967656e657261n,
    high ^ 0x7465646279746573n,
  );
  const whole = data.length - (data.length % 8);
  for (let offset = 0; offset < whole; offset += 8) state.absorb(data.readBigUInt64LE(offset));
  const last = Buffer.alloc(8);
  data.copy(last, 0, whole);
  last[7] = data.length & 0xff;
  state.absorb(last.readBigUInt64LE(0));
  return state.finish();
}
