import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy, requirementsFor } from '../../../../../service/verify/policy/policy.js';
import { parseImageName } from '../../../../../service/verify/sigstore/identity.js';
import { like, re } from '../../../../support/like.js';
import { isNotJson, noJsonObject } from '../../../../support/texts/formats.js';
import { cannotUsePolicy, openpgpDemanded, unknownType } from '../../../../support/texts/policy.js';

const path = '/etc/containers/policy.json';
const accept = { type: 'insecureAcceptAnything' };
const reject = { type: 'reject' };
const pem = Buffer.from('-----BEGIN PUBLIC KEY-----').toString('base64');
const signed = (more: object) => ({ default: [{ type: 'sigstoreSigned', keyPath: '/k.pub', ...more }] });
const identity = (more: object) => signed({ signedIdentity: more });

function parse(policy: unknown) {
  return parsePolicy(path, Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)));
}

/** What counts for an image, by its name. */
function chosen(policy: unknown, text: string) {
  const name = parseImageName(text);
  assert.ok(name);
  return requirementsFor(parse(policy), name);
}

const rule = { kind: 'matchRepoDigestOrExact' };
const log = (name: string) => `demands an entry in a transparency log (${name}), which Ferry does not ask`;
const keyless = (name: string) =>
  `demands a signature without a key (${name}), which only a transparency log could vouch for; Ferry asks no such log`;
const openpgp = openpgpDemanded;
const oneKey = [{ path: '/k.pub' }];

const read: [policy: { default: unknown }, requirement: object][] = [
  [{ default: [accept] }, accept],
  [{ default: [reject] }, reject],
  [signed({}), { type: 'sigstoreSigned', keys: oneKey, identity: rule }],
  [
    { default: [{ type: 'sigstoreSigned', keyPaths: ['/a', '/b'] }] },
    { type: 'sigstoreSigned', keys: [{ path: '/a' }, { path: '/b' }], identity: rule },
  ],
  [
    { default: [{ type: 'sigstoreSigned', keyData: pem }] },
    { type: 'sigstoreSigned', keys: [{ bytes: Buffer.from(pem, 'base64') }], identity: rule },
  ],
  [
    { default: [{ type: 'sigstoreSigned', keyDatas: [pem, 'YQ=='] }] },
    {
      type: 'sigstoreSigned',
      keys: [{ bytes: Buffer.from(pem, 'base64') }, { bytes: Buffer.from('a') }],
      identity: rule,
    },
  ],
  ...['matchRepoDigestOrExact', 'matchRepository', 'matchExact'].map((kind): [{ default: unknown }, object] => [
    identity({ type: kind }),
    { type: 'sigstoreSigned', keys: oneKey, identity: { kind } },
  ]),
  [
    identity({ type: 'exactReference', dockerReference: 'r.example/a:1' }),
    { type: 'sigstoreSigned', keys: oneKey, identity: { kind: 'exactReference', value: 'r.example/a:1' } },
  ],
  [
    identity({ type: 'exactRepository', dockerRepository: 'r.example/a' }),
    { type: 'sigstoreSigned', keys: oneKey, identity: { kind: 'exactRepository', value: 'r.example/a' } },
  ],
  [
    identity({ type: 'remapIdentity', prefix: 'r.example:5000', signedPrefix: 'docker.io/library' }),
    {
      type: 'sigstoreSigned',
      keys: oneKey,
      identity: { kind: 'remapIdentity', value: 'r.example:5000', signedPrefix: 'docker.io/library' },
    },
  ],
  [signed({ rekorPublicKeyPath: '/r.pub' }), { type: 'unsupported', reason: log('rekorPublicKeyPath') }],
  [signed({ rekorPublicKeyDatas: [pem] }), { type: 'unsupported', reason: log('rekorPublicKeyDatas') }],
  [
    { default: [{ type: 'sigstoreSigned', fulcio: { caPath: '/ca' }, rekorPublicKeyPath: '/r.pub' }] },
    { type: 'unsupported', reason: keyless('fulcio') },
  ],
  [{ default: [{ type: 'sigstoreSigned', pki: {} }] }, { type: 'unsupported', reason: keyless('pki') }],
  [
    { default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k.gpg' }] },
    { type: 'unsupported', reason: openpgp },
  ],
  [
    {
      default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPaths: ['/k.gpg'], signedIdentity: { type: 'matchExact' } }],
    },
    { type: 'unsupported', reason: openpgp },
  ],
];
for (const [policy, requirement] of read) {
  test(`${JSON.stringify(policy)} is read`, () => {
    assert.deepEqual(chosen(policy, 'r.example/a').requirements, [requirement]);
  });
}

const atDefault = (reason: string) => `default[0].${reason}`;
const refused: [policy: unknown, reason: string | RegExp][] = [
  ['', like`^${isNotJson(re(/.+/))}$`],
  ['{"default": [{"type": "reject"}', like`^${isNotJson(re(/.+/))}$`],
  ['{"default": [{"type": "reject"}], "default": []}', like`^${isNotJson(re(/.+/))}$`],
  ['[]', noJsonObject],
  [{}, 'default is not a list with something in it'],
  [{ default: [] }, 'default is not a list with something in it'],
  [{ default: accept }, 'default is not a list with something in it'],
  [{ default: [7] }, 'default[0] is not an object of JSON'],
  [{ default: [accept], more: 1 }, 'more is not known'],
  [{ default: [accept], transports: [] }, 'transports is not an object of JSON'],
  [{ default: [accept], transports: { docker: 1 } }, 'transports.docker is not an object of JSON'],
  [
    { default: [accept], transports: { docker: { 'r.example': [] } } },
    'transports.docker.r.example is not a list with something in it',
  ],
  [{ default: [{}] }, atDefault('type is missing')],
  [{ default: [{ type: 1 }] }, atDefault('type is not a text')],
  [{ default: [{ type: 'accept' }] }, atDefault(unknownType('accept'))],
  [{ default: [{ type: 'toString' }] }, atDefault(unknownType('toString'))],
  [{ default: [{ ...accept, keyPath: '/k' }] }, atDefault('keyPath is not known')],
  [signed({ keypath: '/k' }), atDefault('keypath is not known')],
  [signed({ keyData: pem }), atDefault('keyData is there beside keyPath, and only one of them can be')],
  [
    { default: [{ type: 'sigstoreSigned' }] },
    atDefault('keyPath is missing, and so is any of keyPaths, keyData, keyDatas, fulcio, pki'),
  ],
  [{ default: [{ type: 'sigstoreSigned', keyPath: '' }] }, atDefault('keyPath is not a text')],
  [
    { default: [{ type: 'sigstoreSigned', keyPath: 'k.pub' }] },
    atDefault("keyPath has 'k.pub', which is not an absolute path"),
  ],
  [{ default: [{ type: 'sigstoreSigned', keyPaths: [] }] }, atDefault('keyPaths is not a list of 1 to 100 texts')],
  [{ default: [{ type: 'sigstoreSigned', keyData: 'no base64' }] }, atDefault('keyData is not base64')],
  [identity({ type: 'matchSome' }), atDefault(`signedIdentity.${unknownType('matchSome')}`)],
  [identity({ type: 'matchExact', more: 1 }), atDefault('signedIdentity.more is not known')],
  [
    identity({ type: 'exactReference', dockerReference: 'r.example/a' }),
    atDefault('signedIdentity.dockerReference is not a reference with a tag or a digest'),
  ],
  [
    identity({ type: 'exactRepository', dockerRepository: '%' }),
    atDefault('signedIdentity.dockerRepository is not the name of a repository'),
  ],
  [
    identity({ type: 'remapIdentity', prefix: 'r.example/', signedPrefix: 'a' }),
    atDefault('signedIdentity.prefix is not a registry, or the beginning of names there'),
  ],
  [
    { default: [{ type: 'signedBy', keyType: 'magic', keyPath: '/k' }] },
    atDefault(unknownType('magic').replace('type', 'keyType')),
  ],
  [{ default: [{ type: 'signedBy', keyPath: '/k' }] }, atDefault('keyType is missing')],
];
for (const [policy, reason] of refused) {
  test(`${JSON.stringify(policy)} is refused`, () => {
    assert.throws(
      () => parse(policy),
      ({ message, kind }) => {
        assert.equal(kind, 'VerificationFailed');
        if (typeof reason === 'string') assert.equal(message, cannotUsePolicy(path, reason));
        else
          assert.match(message.slice(`Cannot use the policy ${path}: `.length).replace(/; correct it.*$/, ''), reason);
        return true;
      },
    );
  });
}

const hash = 'a'.repeat(64);
const scopes = [
  'r.example.com:5000/team/app:1',
  `r.example.com:5000/team/app@sha256:${hash}`,
  'r.example.com:5000/team/app',
  'r.example.com:5000/team',
  'r.example.com:5000',
  '*.example.com',
  '*.com',
  'docker.io/library/debian:13',
  'docker.io/library',
  'docker.io',
];
const images: [image: string, scopes: string[]][] = [
  ['r.example.com:5000/team/app:1', [0, 2, 3, 4, 5, 6].map((index) => scopes[index] ?? '')],
  [`r.example.com:5000/team/app@sha256:${hash}`, [1, 2, 3, 4, 5, 6].map((index) => scopes[index] ?? '')],
  ['r.example.com:5000/team/app', [2, 3, 4, 5, 6].map((index) => scopes[index] ?? '')],
  ['r.example.com:5000/team/apple:1', [3, 4, 5, 6].map((index) => scopes[index] ?? '')],
  ['r.example.com:5000/teams/app:1', [4, 5, 6].map((index) => scopes[index] ?? '')],
  ['r.example.com/team/app:1', [5, 6].map((index) => scopes[index] ?? '')],
  ['example.com/team/app:1', ['*.com']],
  ['[::1]:5000/a:1', []],
  ['debian:13', ['docker.io/library/debian:13', 'docker.io/library', 'docker.io']],
  ['index.docker.io/team/app:1', ['docker.io']],
];
for (const [image, expected] of images) {
  test(`${image} has the scopes ${expected.join(', ')}, each before the next`, () => {
    const left = [...scopes, ''];
    const found: string[] = [];
    for (;;) {
      const docker = Object.fromEntries(left.map((scope) => [scope, [reject]]));
      const { place, requirements } = chosen({ default: [accept], transports: { docker } }, image);
      const [, scope] = /^docker: '(.*)'$/.exec(place) ?? [];
      assert.deepEqual(requirements, [scope === undefined ? accept : reject]);
      if (scope === undefined) break;
      found.push(scope);
      left.splice(left.indexOf(scope), 1);
    }
    assert.deepEqual(found, [...expected, '']);
  });
}

test('Other transports say nothing of images of registries', () => {
  const policy = { default: [accept], transports: { 'docker-daemon': { '': [reject] }, unheard: { 'x:y': [reject] } } };
  assert.deepEqual(chosen(policy, 'debian'), { place: 'default', requirements: [accept] });
});
