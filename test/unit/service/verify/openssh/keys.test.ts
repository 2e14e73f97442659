import { generateKeyPairSync, sign as signWith } from 'node:crypto';
import { sshString } from '../../../../../service/verify/openssh/wire.js';
import { demand, line, principal, type Row, sign } from '../../../../support/signatures/openssh.js';
import { craft, mpint, spoil, tokenLine, tokens } from '../../../../support/signatures/openssh-crafted.js';
import {
  hashCanBeForged,
  isNotValidBefore,
  isTooWeakRsa,
  namespaceNotTrusted,
} from '../../../../support/texts/verification.js';

/** An RSA key of node, which signs with any hash. */
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaBlob = (() => {
  const { e = '', n = '' } = rsa.publicKey.export({ format: 'jwk' });
  const numbers = [e, n].map((number) => mpint(Buffer.from(number, 'base64url')));
  return Buffer.concat(['ssh-rsa', ...numbers].map(sshString));
})();
const rsaLine = () => `${principal} ssh-rsa ${rsaBlob.toString('base64')}\n`;

function craftRsa(algorithm: string, hash: string, options = {}): () => Buffer {
  return () =>
    craft(rsaBlob, (data) => Buffer.concat([algorithm, signWith(hash, data, rsa.privateKey)].map(sshString)), options);
}

const rows: Row[] = [
  ...['ed25519', 'rsa-2048', 'rsa-3072', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521'].flatMap((name) => [
    { what: `${name} key`, sign: sign(name), trusted: line(name), ours: 'good', theirs: true },
    {
      what: `${name} key, SHA-256`,
      sign: sign(name, { hash: 'sha256' as const }),
      trusted: line(name),
      ours: 'good',
      theirs: true,
    },
    {
      what: `${name} key, other content`,
      sign: sign(name),
      trusted: line(name),
      content: 'changed\n',
      ours: 'bad',
      theirs: false,
    },
    {
      what: `${name} key, spoilt signature`,
      sign: () => spoil(sign(name)(), -2),
      trusted: line(name),
      ours: 'bad',
      theirs: false,
    },
  ]),
  ...Object.values(tokens).flatMap((token) => [
    {
      what: `${token.type}, touched`,
      sign: () => token.sign(1),
      trusted: tokenLine(token),
      ours: 'good',
      theirs: true,
    },
    {
      what: `${token.type}, not touched`,
      sign: () => token.sign(0),
      trusted: tokenLine(token),
      ours: 'good',
      theirs: true,
    },
    {
      what: `${token.type}, other flags than signed`,
      sign: () => token.sign(1, 0),
      trusted: tokenLine(token),
      ours: 'bad',
      theirs: false,
    },
    {
      what: `${token.type}, other content`,
      sign: () => token.sign(1),
      trusted: tokenLine(token),
      content: 'changed\n',
      ours: 'bad',
      theirs: false,
    },
  ]),
  {
    what: 'crafted RSA, SHA-512',
    sign: craftRsa('rsa-sha2-512', 'sha512'),
    trusted: rsaLine,
    ours: 'good',
    theirs: true,
  },
  {
    what: 'crafted RSA, SHA-256',
    sign: craftRsa('rsa-sha2-256', 'sha256'),
    trusted: rsaLine,
    ours: 'good',
    theirs: true,
  },
  {
    what: 'RSA over SHA-1',
    sign: craftRsa('ssh-rsa', 'sha1'),
    trusted: rsaLine,
    ours: hashCanBeForged('SHA1'),
    theirs: false,
  },
  {
    what: 'content hashed by another algorithm',
    sign: craftRsa('rsa-sha2-512', 'sha512', { hash: 'sha384' }),
    trusted: rsaLine,
    ours: "but over a hash by 'sha384', which OpenSSH does not allow",
    theirs: false,
  },
  {
    what: 'an algorithm that nobody knows',
    sign: craftRsa('rsa-sha9', 'sha512'),
    trusted: rsaLine,
    ours: "but by the algorithm 'rsa-sha9', which is not supported",
    theirs: false,
  },
  {
    what: 'the algorithm of another key',
    sign: craftRsa('ssh-ed25519', 'sha512'),
    trusted: rsaLine,
    ours: 'bad',
    theirs: false,
  },
  {
    what: 'short RSA key',
    sign: sign('rsa-1024'),
    trusted: line('rsa-1024'),
    ours: isTooWeakRsa(1024),
    theirs: true,
    difference: 'ssh-keygen takes RSA keys of 1024 bits',
  },
  {
    what: 'another namespace',
    sign: sign('ed25519', { namespace: 'git' }),
    trusted: line('ed25519'),
    ours: "but for the namespace 'git' instead of 'file'",
    theirs: false,
  },
  { what: 'unknown key', sign: sign('ed25519-stranger'), trusted: line('ed25519'), ours: 'unknown', theirs: false },
  {
    what: 'among many keys',
    sign: sign('ed25519'),
    trusted: () => line('rsa-2048')() + line('ed25519')(),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'patterns of principals',
    sign: sign('ed25519'),
    trusted: line('ed25519', '', '*@example.com,other'),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'quoted principals',
    sign: sign('ed25519'),
    trusted: line('ed25519', '', `"${principal}"`),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'the namespace is allowed',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'namespaces="git,f*"'),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'the namespace is not allowed',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'namespaces="git"'),
    ours: namespaceNotTrusted,
    theirs: false,
  },
  {
    what: 'the namespace is excluded',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'namespaces="*,!file"'),
    ours: namespaceNotTrusted,
    theirs: false,
  },
  {
    what: 'expired',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'valid-before="20200102Z"'),
    ours: 'which expired on 2020-01-02',
    theirs: false,
  },
  {
    what: 'not yet valid',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'valid-after="20990102030405Z"'),
    ours: isNotValidBefore('2099-01-02'),
    theirs: false,
  },
  {
    what: 'within its time',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'valid-after="20200102",valid-before="209901020304Z"'),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'expired in one line, valid in another',
    sign: sign('ed25519'),
    trusted: () => line('ed25519', 'valid-before="20200102Z"')() + line('ed25519')(),
    ours: 'good',
    theirs: true,
  },
  {
    what: 'valid-before is before valid-after',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'valid-after="20990102",valid-before="20980102"'),
    ours: 'unknown',
    theirs: false,
  },
  {
    what: 'an unknown option',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'sometimes'),
    ours: 'unknown',
    theirs: false,
  },
  {
    what: 'an option given twice',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'namespaces="file",namespaces="file"'),
    ours: 'unknown',
    theirs: false,
  },
  {
    what: 'a time that is not one',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'valid-before="tomorrow"'),
    ours: 'unknown',
    theirs: false,
  },
  {
    what: 'a comma at the end',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'namespaces="file",'),
    ours: 'unknown',
    theirs: false,
  },
  {
    what: 'an invalid line before a valid one',
    sign: sign('ed25519'),
    trusted: () => `${principal} ssh-ed25519 AAAA\n# a comment\n\n${line('ed25519')()}`,
    ours: 'good',
    theirs: true,
  },
  {
    what: 'trusted as an authority alone',
    sign: sign('ed25519'),
    trusted: line('ed25519', 'cert-authority'),
    ours: 'which is trusted as an authority, not to sign',
    theirs: false,
  },
];

demand('OpenSSH signatures are judged as ssh-keygen judges them', rows);
