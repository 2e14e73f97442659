import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { demandsOfPolicy, policyPaths } from '../../../../../service/transfers/oci/policy.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { isLarger, isNotRegular } from '../../../../support/texts/formats.js';
import {
  cannotReadKeyOf,
  cannotUsePolicy,
  noEntry,
  openpgpDemanded,
  policyAdvice,
  policyDemandsOther,
  policyRejects,
} from '../../../../support/texts/policy.js';

const name = { repository: 'r.example/team/app', tag: '1' };
const shown = 'r.example/team/app:1';
const accept = { type: 'insecureAcceptAnything' };
const reject = { type: 'reject' };
const signedBy = { type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k.gpg' };

const rows: [scope: 'system' | 'user', environment: Record<string, string>, paths: string[]][] = [
  ['system', { HOME: '/root' }, ['/etc/containers/policy.json']],
  ['user', { HOME: '/home/a' }, ['/home/a/.config/containers/policy.json', '/etc/containers/policy.json']],
  ['user', { HOME: 'a' }, ['/etc/containers/policy.json']],
  ['user', {}, ['/etc/containers/policy.json']],
  ['system', { FERRY_CONTAINERS_DIRECTORY: '/x' }, ['/x/policy.json']],
];
for (const [scope, environment, paths] of rows) {
  test(`Policies are looked for in the ${scope} scope with ${JSON.stringify(environment)}`, () => {
    assert.deepEqual(policyPaths({ scope, environment }), paths);
  });
}

/** A host whose policy is this, and where that is. */
function hostWith(t: TestContext, policy: unknown) {
  const { path: directory } = temporaryDirectory(t);
  const path = join(directory, 'policy.json');
  if (policy !== undefined) writeFileSync(path, JSON.stringify(policy));
  return {
    directory,
    path,
    host: { scope: 'system', environment: { FERRY_CONTAINERS_DIRECTORY: directory } } as const,
  };
}

/** The message with which an image is refused. */
async function refusal(host: Parameters<typeof demandsOfPolicy>[0]): Promise<string> {
  const outcome = await demandsOfPolicy(host, name).catch((error: unknown) => error);
  assert.ok(outcome instanceof Error && 'kind' in outcome);
  assert.equal(outcome.kind, 'VerificationFailed');
  return outcome.message;
}

test('Without a policy, or with one that accepts anything, nothing is demanded', async (t) => {
  for (const policy of [
    undefined,
    { default: [accept] },
    { default: [reject], transports: { docker: { '': [accept] } } },
  ])
    assert.deepEqual(await demandsOfPolicy(hostWith(t, policy).host, name), { demands: [], sources: [] });
});

test('All requirements have to be met, by one of the keys of each', async (t) => {
  const { directory, path, host } = hostWith(t, undefined);
  const [a, b] = [join(directory, 'a.pub'), join(directory, 'b.pub')];
  writeFileSync(a, 'A');
  writeFileSync(b, 'B');
  const identity = { type: 'matchRepository' };
  const policy = [
    accept,
    { type: 'sigstoreSigned', keyPaths: [a, b] },
    { type: 'sigstoreSigned', keyData: 'Qw==', signedIdentity: identity },
  ];
  writeFileSync(path, JSON.stringify({ default: [reject], transports: { docker: { 'r.example/team': policy } } }));
  const common = {
    source: `the policy ${path}`,
    advice: policyAdvice,
    fingerprints: [],
    requireSigners: 1,
    mayBeNameless: false,
  };
  assert.deepEqual(await demandsOfPolicy(host, name), {
    demands: [
      {
        ...common,
        keyrings: [
          { path: a, base64: 'QQ==' },
          { path: b, base64: 'Qg==' },
        ],
        identity: { kind: 'matchRepoDigestOrExact' },
      },
      { ...common, keyrings: [{ path: `in ${path}`, base64: 'Qw==' }], identity: { kind: 'matchRepository' } },
    ],
    sources: [path],
  });
});

test('An image is rejected if one requirement does so, whatever the others accept', async (t) => {
  const { host, path } = hostWith(t, { default: [accept, reject] });
  assert.equal(await refusal(host), policyRejects(shown, path, 'default'));
  const scoped = hostWith(t, { default: [accept], transports: { docker: { 'r.example': [reject] } } });
  assert.equal(await refusal(scoped.host), policyRejects(shown, scoped.path, "docker: 'r.example'"));
});

test('OpenPGP signatures are refused where they are demanded, and only there', async (t) => {
  const { host, path } = hostWith(t, { default: [signedBy] });
  assert.equal(await refusal(host), policyDemandsOther(shown, path, openpgpDemanded, 'default'));
  const elsewhere = hostWith(t, { default: [accept], transports: { docker: { 'q.example': [signedBy] } } });
  assert.deepEqual((await demandsOfPolicy(elsewhere.host, name)).demands, []);
});

test('A key that cannot be read is named, with the policy', async (t) => {
  const { directory } = hostWith(t, undefined);
  const big = join(directory, 'big.pub');
  writeFileSync(big, Buffer.alloc(1024 * 1024 + 1, 'a'));
  for (const [key, reason] of [
    ['/nowhere/k.pub', noEntry],
    [directory, isNotRegular],
    [big, isLarger(1_048_576)],
  ] as const) {
    const { host, path } = hostWith(t, { default: [{ type: 'sigstoreSigned', keyPath: key }] });
    assert.equal(await refusal(host), cannotReadKeyOf(key, path, reason));
  }
});

test('A policy that cannot be read is not passed over for the next one', async (t) => {
  const { directory } = hostWith(t, { default: [accept] });
  const own = join(directory, '.config/containers');
  mkdirSync(join(own, 'policy.json'), { recursive: true });
  const environment = { HOME: directory, FERRY_CONTAINERS_DIRECTORY: directory };
  const reason = isNotRegular;
  assert.equal(await refusal({ scope: 'user', environment }), cannotUsePolicy(join(own, 'policy.json'), reason));
  assert.deepEqual((await demandsOfPolicy({ scope: 'system', environment }, name)).demands, []);
});

test('A link to a policy that is not there is not taken for the lack of a policy', async (t) => {
  const { host, path } = hostWith(t, undefined);
  symlinkSync('/nowhere/policy.json', path);
  assert.equal(await refusal(host), cannotUsePolicy(path, noEntry));
});
