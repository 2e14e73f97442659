/**
 * The end of an Ed25519 verification (RFC 8032 §5.1.7) whose hash was computed beforehand, so that the message may be of any
 * length: node's crypto wants all of it in memory. [S]B - [k]A must have the encoding R, and S be below the order of the
 * group: without the cofactor, as libsodium and OpenSSL have it.
 *
 * @param challenge SHA-512 of R, A and the message
 */
export async function isSignatureBy(point: Buffer, signature: Buffer, challenge: Buffer): Promise<boolean> {
  const { Point } = await import('@noble/ed25519');
  const order = Point.CURVE().n;
  const s = littleEndian(signature.subarray(32));
  if (s >= order) return false;
  try {
    const a = Point.fromBytes(point);
    if (a.isSmallOrder()) return false;
    const k = littleEndian(challenge) % order;
    const r = Point.BASE.multiply(s, false).subtract(a.multiply(k, false));
    return Buffer.from(r.toBytes()).equals(signature.subarray(0, 32));
  } catch {
    // A is not a point of the curve.
    return false;
  }
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
