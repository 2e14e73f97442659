import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChallenges } from '../../../../../service/http/registry/challenge.js';

const rows: [header: string, challenges: [scheme: string, parameters: Record<string, string>][]][] = [
  ['', []],
  ['Basic', [['basic', {}]]],
  ['Basic realm="a b"', [['basic', { realm: 'a b' }]]],
  [
    'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  ['bearer REALM=https, scope=', [['bearer', { realm: 'https' }]]],
  [
    'Negotiate, NTLM dGVzdA==, Basic realm="x", Bearer realm="y" , scope = "z"',
    [
      ['negotiate', {}],
      ['ntlm', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y', scope: 'z' }],
    ],
  ],
  ['Digest realm="say \\"x\\"", nonce=a', [['digest', { realm: 'say "x"', nonce: 'a' }]]],
  ['Bearer realm="a", realm="b"', [['bearer', { realm: 'a' }]]],
  [', ,Basic realm="a",, ,', [['basic', { realm: 'a' }]]],
  ['Bearer realm="never ends', [['bearer', {}]]],
  ['"what"', []],
];
for (const [header, expected] of rows) {
  test(`${header || 'Nothing'} asks for ${expected.map(([scheme]) => scheme).join(', ') || 'nothing'}`, () => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
    assert.deepEqual(found, expected);
  });
}

test('A header that is made to take time is read in no time', () => {
  assert.ok(parseChallenges(`Basic ${'a="\\'.repeat(100_000)}`).length < 20_000);
  assert.ok(parseChallenges(' ,'.repeat(1_000_000)).length === 0);
});
