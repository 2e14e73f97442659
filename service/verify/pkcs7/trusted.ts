import { X509Certificate } from 'node:crypto';

const block = /-----BEGIN (?:X509 )?CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END (?:X509 )?CERTIFICATE-----/g;

/**
 * The certificates in a file, PEM or DER; none if it is another file. What cannot be read does not spoil the others.
 *
 * @param text what the file holds if it is a text
 */
export function readTrustedCertificates(bytes: Buffer, text: string): X509Certificate[] {
  const sequenceTag = 0x30;
  const pem = text.match(block) ?? [];
  const all = pem.length === 0 && bytes[0] === sequenceTag ? [bytes] : pem;
  return all.map(readCertificate).filter((certificate) => certificate !== undefined);
}

function readCertificate(bytes: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}
