import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakReason, unreachable } from '../../../../service/http/problem.js';
import {
  certificateExpired,
  certificateOfAnotherHost,
  closedBeforeAnswer,
  connectionWasClosed,
  didNotAnswerInHttp,
  nameServersSilent,
  noSuchHost,
  refusesConnections,
  tlsFailed,
  tlsFailedBy,
  tooManyHeaders,
  untrustedAuthority,
} from '../../../support/texts/downloads.js';

const url = new URL('https://me:secret@images.example.com:8443/x.raw');
const host = 'images.example.com:8443';
const untrusted = (code: string) => `${untrustedAuthority(host, code)}.`;

/** The codes of node and OpenSSL for what keeps a connection from being made, and what is said of each. */
const rows: [code: string, says: string][] = [
  ['ECONNREFUSED', `${host} ${refusesConnections}`],
  ['ENOTFOUND', noSuchHost(host)],
  ['EAI_AGAIN', nameServersSilent(host)],
  ['EHOSTUNREACH', `there is no route to ${host}: check the network.`],
  ['ENETUNREACH', `there is no network that leads to ${host}: check the network.`],
  ['ETIMEDOUT', `${host} does not answer: check the network, the host name and the port.`],
  ['ECONNRESET', `${host} ${closedBeforeAnswer}`],
  ['EPIPE', `${host} ${closedBeforeAnswer}`],
  ['CERT_HAS_EXPIRED', certificateExpired(host)],
  ['CERT_NOT_YET_VALID', `the certificate of ${host} is not valid yet: is the clock of this host right?`],
  ['ERR_TLS_CERT_ALTNAME_INVALID', `${certificateOfAnotherHost} ${host}: what node says`],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', untrusted('DEPTH_ZERO_SELF_SIGNED_CERT')],
  ['SELF_SIGNED_CERT_IN_CHAIN', untrusted('SELF_SIGNED_CERT_IN_CHAIN')],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', untrusted('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
  ['UNABLE_TO_GET_ISSUER_CERT', untrusted('UNABLE_TO_GET_ISSUER_CERT')],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', untrusted('UNABLE_TO_GET_ISSUER_CERT_LOCALLY')],
  ['CERT_UNTRUSTED', untrusted('CERT_UNTRUSTED')],
  ['HPE_HEADER_OVERFLOW', `${host} ${tooManyHeaders}`],
  ['HPE_INVALID_VERSION', `${host} ${didNotAnswerInHttp('HPE_INVALID_VERSION')}`],
  ['EPROTO', tlsFailed(host)],
  ['ERR_SSL_WRONG_VERSION_NUMBER', tlsFailed(host)],
  ['ERR_SSL_SOMETHING', tlsFailedBy(host, 'ERR_SSL_SOMETHING')],
  ['EWHATEVER', `${host}: what node says (EWHATEVER).`],
  ['', `${host}: what node says.`],
];

/** As node-fetch has it: the error that says what happened is the innermost one. */
function wrapped(code: string): Error {
  const inner = Object.assign(new Error('what node says'), code === '' ? {} : { code });
  return Object.assign(new Error(`request to ${url.href} failed, reason: what node says`), { cause: inner });
}

for (const [code, says] of rows)
  test(`no connection: ${code || 'an error without a code'}`, () => {
    const failure = unreachable(wrapped(code), url, { url, via: undefined, status: undefined });
    assert.equal(failure.message, `Cannot download https://images.example.com:8443/x.raw: ${says}`);
    assert.deepEqual(failure.facts, { url: 'https://images.example.com:8443/x.raw', status: undefined });
  });

test('after a redirect the host is blamed that was asked last', () => {
  const asked = { url: new URL('https://mirror.example.org/y.raw?secret=1'), via: undefined, status: 302 };
  const { message, facts } = unreachable(wrapped('ECONNREFUSED'), url, asked);
  assert.match(
    message,
    /^Cannot download https:\/\/images\.example\.com:8443\/x\.raw, which redirects to mirror\.example\.org: mirror\.example\.org refuses connections: /,
  );
  assert.deepEqual(facts, { url: 'https://images.example.com:8443/x.raw', status: 302 });
});

test('a proxy is blamed for what it does, and not for the certificate of the server behind it', () => {
  const proxy = new URL('http://proxy.example.com:3128');
  const said = (code: string) => unreachable(wrapped(code), url, { url, via: proxy, status: undefined }).message;
  assert.match(said('ECONNREFUSED'), /: the proxy proxy\.example\.com:3128 refuses connections: /);
  const address = 'https://images.example.com:8443/x.raw';
  assert.equal(
    said('ENOTFOUND'),
    `Cannot download ${address}: the host name of the proxy proxy.example.com:3128 does not exist: check $https_proxy or $all_proxy.`,
  );
  assert.match(said('CERT_HAS_EXPIRED'), /: the certificate of images\.example\.com:8443 has expired /);
});

test('what breaks a body', () => {
  assert.equal(breakReason(wrapped('ECONNRESET')), connectionWasClosed);
  assert.equal(breakReason(wrapped('ERR_STREAM_PREMATURE_CLOSE')), connectionWasClosed);
  assert.equal(
    breakReason(wrapped('HPE_INVALID_CHUNK_SIZE')),
    'the server broke the rules of HTTP (HPE_INVALID_CHUNK_SIZE)',
  );
  assert.equal(breakReason(wrapped('ETIMEDOUT')), 'ETIMEDOUT');
  assert.equal(breakReason(wrapped('')), 'what node says');
});
