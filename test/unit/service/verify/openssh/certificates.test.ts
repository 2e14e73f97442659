import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject, sign as signWith } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sshString } from '../../../../../service/verify/openssh/wire.js';
import { needs } from '../../../../support/needs.js';
import type { SshTestKey } from '../../../../support/servers/ssh-keys.js';
import {
  demand,
  judge,
  key,
  line,
  payload,
  principal,
  programs,
  type Row,
  signCertified,
  theRoom,
} from '../../../../support/signatures/openssh.js';
import { craft } from '../../../../support/signatures/openssh-crafted.js';

const certified = (what: string, row: Omit<Row, 'what' | 'trusted'> & { readonly trusted?: () => string }): Row => ({
  trusted: line('ed25519-authority', 'cert-authority'),
  ...row,
  what: `certificate: ${what}`,
});

const rows: Row[] = [
  certified('trusted authority', { sign: signCertified('ed25519-authority'), ours: 'good', theirs: true }),
  certified('RSA key and authority', {
    sign: signCertified('rsa-2048-authority', {}, 'rsa-2048'),
    trusted: line('rsa-2048-authority', 'cert-authority'),
    ours: 'good',
    theirs: true,
  }),
  certified('ECDSA key and authority', {
    sign: signCertified('ecdsa-384-authority', {}, 'ecdsa-256'),
    trusted: line('ecdsa-384-authority', 'cert-authority'),
    ours: 'good',
    theirs: true,
  }),
  certified('other content', {
    sign: signCertified('ed25519-authority'),
    content: 'changed\n',
    ours: 'bad',
    theirs: false,
  }),
  certified('unknown authority', { sign: signCertified('ed25519-stranger'), ours: 'unknown', theirs: false }),
  certified('by a key that is no authority', {
    sign: signCertified('ed25519-authority'),
    trusted: line('ed25519-authority'),
    ours: 'but with a certificate by a key that is not trusted as an authority',
    theirs: false,
  }),
  certified('of a trusted key by an unknown authority', {
    sign: signCertified('ed25519-stranger'),
    trusted: line('ed25519'),
    ours: 'but with a certificate whose authority is not trusted',
    theirs: false,
  }),
  certified('principals that match a pattern', {
    sign: signCertified('ed25519-authority', { principals: `other,${principal}` }),
    trusted: line('ed25519-authority', 'cert-authority', '*@example.com'),
    ours: 'good',
    theirs: true,
  }),
  certified('other principals', {
    sign: signCertified('ed25519-authority', { principals: 'one@example.org,two' }),
    ours: "but with a certificate for 'one@example.org, two', which its authority may not issue",
    theirs: false,
  }),
  certified('without principals', {
    sign: () => theRoom().sign(theRoom().certify(key('ed25519'), key('ed25519-authority')), payload),
    ours: "but with a certificate for '', which its authority may not issue",
    theirs: false,
  }),
  certified('for a host', {
    sign: signCertified('ed25519-authority', { isForHosts: true }),
    ours: 'but with a certificate for a host',
    theirs: false,
  }),
  certified('expired', {
    sign: signCertified('ed25519-authority', { validity: '20200101000000:20200102000000' }),
    ours: 'but with a certificate that expired on 2020-01-02',
    theirs: false,
  }),
  certified('not yet valid', {
    sign: signCertified('ed25519-authority', { validity: '20980101000000:20990102000000' }),
    ours: 'but with a certificate that is not valid before 2098-01-01',
    theirs: false,
  }),
  certified('of an expired authority', {
    sign: signCertified('ed25519-authority'),
    trusted: line('ed25519-authority', 'cert-authority,valid-before="20200102Z"'),
    ours: 'which expired on 2020-01-02',
    theirs: false,
  }),
  certified('limited to a command', {
    sign: signCertified('ed25519-authority', { options: ['force-command=true'] }),
    ours: "but with a certificate for 'force-command' alone",
    theirs: true,
    difference: 'ssh-keygen does not look at critical options',
  }),
  certified('by a weak authority', {
    sign: signCertified('rsa-1024-authority'),
    trusted: line('rsa-1024-authority', 'cert-authority'),
    ours: 'but with a certificate that is too weak',
    theirs: true,
    difference: 'ssh-keygen takes RSA keys of 1024 bits',
  }),
];

demand('OpenSSH certificates are judged as ssh-keygen judges them', rows);

test('a certificate that was changed after its authority signed it', async (t) => {
  if (!needs(t, { programs })) return;
  const lines = line('ed25519-authority', 'cert-authority')();
  const { line: own } = theRoom().certify(key('ed25519'), key('ed25519-authority'), { principals: 'somebody' });
  // Its principal becomes one that the authority did not vouch for. The key behind the certificate signs all the same.
  const blob = Buffer.from(own.split(' ')[1] ?? '', 'base64');
  const changed = Buffer.from(blob.toString('latin1').replace('somebody', 'anybody!'), 'latin1');
  const { privateKey } = readPrivateKey(key('ed25519'));
  const signature = craft(changed, (data) =>
    Buffer.concat(['ssh-ed25519', signWith(null, data, privateKey)].map(sshString)),
  );
  assert.equal(await judge(signature, lines), 'but with a certificate that its authority did not sign');
  assert.equal(theRoom().accepts(lines, 'anybody!', signature, payload), false, 'ssh-keygen');
});

/** The private half of an Ed25519 key of ssh-keygen: the last 32 bytes before the public half, which comes twice. */
function readPrivateKey({ path, line: publicLine }: SshTestKey): { privateKey: KeyObject } {
  const bytes = Buffer.from(readFileSync(path, 'utf8').replaceAll(/-----.*-----/g, ''), 'base64');
  const point = Buffer.from(publicLine.split(' ')[1] ?? '', 'base64').subarray(-32);
  const at = bytes.lastIndexOf(point);
  const d = bytes.subarray(at - 32, at).toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', d, x: point.toString('base64url') };
  return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) };
}
