import type { Mutant } from './mutant.js';

const openpgp = 'unit/service/verify/openpgp-signature';
const minisign = 'unit/service/verify/minisign/signature';
const minisignKeys = 'unit/service/verify/minisign/keys';
const keyBlock = 'unit/service/verify/key-block';
const openssh = 'unit/service/verify/openssh/keys';
const opensshCertificates = 'unit/service/verify/openssh/certificates';
const pkcs7 = 'unit/service/verify/pkcs7/signatures';
const pkcs7Certificates = 'unit/service/verify/pkcs7/certificates';
const pkcs7Messages = 'unit/service/verify/pkcs7/messages';
const version3 = 'unit/service/verify/openpgp-v3';

/** What is believed of signatures, of all schemes. */
export const signatures: readonly Mutant[] = [
  {
    what: 'the salt of a signature is not hashed',
    search: 'if (prefix) this.hash.update(prefix);',
    replacement: '',
    test: openpgp,
  },
  {
    what: 'a line end that two pieces part is hashed twice',
    search: 'Buffer.from(wasSplit ? text.slice(1) : text',
    replacement: 'Buffer.from(text',
    test: openpgp,
  },
  {
    what: 'a salt of any length is taken',
    search: 'return prefix.length === saltBytes ?',
    replacement: 'return prefix.length >= 0 ?',
    test: openpgp,
  },
  {
    what: 'a file can ask for any number of hashes',
    search: 'if (this.wanted.length === hashesMax)',
    replacement: 'if (this.wanted.length > 100 * hashesMax)',
    test: openpgp,
  },
  {
    what: 'a signature without its signed comment is good',
    search: 'if (!(await isSignatureOf(covered, trusted.signature, key)))',
    replacement: 'if (covered.length === 0)',
    test: minisign,
  },
  {
    what: 'a key of small order is taken',
    search: 'if (a.isSmallOrder()) return false;',
    replacement: '',
    test: minisign,
  },
  {
    what: 'keys are told apart by nothing',
    search: 'keys.filter(({ number }) => number.equals(file.number))',
    replacement: '[...keys]',
    test: minisign,
  },
  {
    what: 'keys are looked for in binary keyrings',
    search: 'isUtf8(bytes) && !bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32))',
    replacement: 'bytes.length > 0',
    test: minisignKeys,
  },
  {
    what: 'keys are looked for in armored blocks',
    search: "if (line.startsWith('-----')) isInBlock = line.startsWith('-----BEGIN ');",
    replacement: '',
    test: minisignKeys,
  },
  {
    what: 'a carried key of anybody is trusted',
    search: 'keys.filter((key) => key.getFingerprint() === carried.getFingerprint())',
    replacement: 'keys.length > 0 ? [carried] : []',
    test: keyBlock,
  },
  {
    what: 'a carried key stands in for that of the keyring',
    search: 'const joined = await readKey({ binaryKey });',
    replacement: 'const joined = await readKey({ binaryKey: block });',
    test: keyBlock,
  },
  {
    what: 'a carried revocation is ignored',
    search: 'joined.revocationSignatures.push(...carried.revocationSignatures);',
    replacement: '',
    test: keyBlock,
  },
  {
    what: 'the time of a version 3 signature is not signed',
    search: 'ending: body.subarray(2, 2 + hashedBytes)',
    replacement: 'ending: Buffer.alloc(0)',
    test: version3,
  },
  {
    what: 'a version 3 signature may sign more than its type and time',
    search: 'body[0] !== version || body[1] !== hashedBytes',
    replacement: 'body[0] !== version',
    test: version3,
  },
  {
    what: 'any keyring may be without a key',
    search: 'if (keyring.isOptional === true && error instanceof Failure)',
    replacement: 'if (error instanceof Failure)',
    test: 'unit/service/verify/keys',
  },
  {
    what: 'a signature of OpenSSH may be for any namespace',
    search: 'if (own !== namespace)',
    replacement: "if (own === '')",
    test: openssh,
  },
  {
    what: 'flags and counter of a security key are not signed',
    search: 'Buffer.concat([hash(application), flagsAndCounter, hash(data)])',
    replacement:
      'Buffer.concat([hash(application), Buffer.of(1, 0, 0, 0, 7).subarray(flagsAndCounter.length - 5), hash(data)])',
    test: openssh,
  },
  {
    what: 'a line of allowed signers counts after its end',
    search: 'return before && now > before ?',
    replacement: 'return before && now < before ?',
    test: openssh,
  },
  {
    what: 'an authority may certify anybody',
    search: "matchesPatterns(principal, trusted.principals ?? '')",
    replacement: "principal !== trusted.principals || principal !== ''",
    test: opensshCertificates,
  },
  {
    what: 'a certificate of OpenSSH need not be signed',
    search: 'const verified = verifySsh(authority, signature, signed);',
    replacement:
      'const verified: boolean | string = signature.length + signed.length > 0 || verifySsh(authority, signature, signed);',
    test: opensshCertificates,
  },
  {
    what: 'a digest among the attributes of PKCS#7 is not compared',
    search: 'said?.content.equals(digest) === true',
    replacement: 'said?.content.length === digest.length',
    test: pkcs7,
  },
  {
    what: 'only the end of what RSA signed is compared',
    search: 'signed.equals(Buffer.concat([digestHeader(hash, digest.length), digest]))',
    replacement: 'digestHeader(hash, digest.length).length > 0 && signed.subarray(-digest.length).equals(digest)',
    test: pkcs7Messages,
  },
  {
    what: 'values in BER may be longer than they say',
    search: 'headerLength + lenBlock.length !== length',
    replacement: 'headerLength + lenBlock.length > length',
    test: pkcs7Messages,
  },
  {
    what: 'anybody with a certificate may issue others',
    search: "if (!certificate.x509.ca) return 'which is not that of an authority';",
    replacement: '',
    test: pkcs7Certificates,
  },
  {
    what: 'authorities below the last one may issue',
    search: 'authorities > pathLength',
    replacement: 'authorities > pathLength + 1',
    test: pkcs7Certificates,
  },
  {
    what: 'certificates never expire',
    search: 'return validTo >= now ?',
    replacement: 'return validTo >= validFrom ?',
    test: pkcs7Certificates,
  },
  {
    what: 'a certificate for servers may sign',
    search: 'return !usage || usage.some(',
    replacement: 'return !usage || usage.length > 0 || usage.some(',
    test: pkcs7Certificates,
  },
];
