import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IdentityRule, matchesIdentity, parseImageName } from '../../../../../service/verify/sigstore/identity.js';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const exactly: IdentityRule = { kind: 'matchExact' };
const byDefault: IdentityRule = { kind: 'matchRepoDigestOrExact' };
const repository: IdentityRule = { kind: 'matchRepository' };
const reference: IdentityRule = { kind: 'exactReference', value: 'up.example/a:1' };
const upstream: IdentityRule = { kind: 'exactRepository', value: 'up.example/a' };
const remap = (value: string, signedPrefix: string): IdentityRule => ({ kind: 'remapIdentity', value, signedPrefix });

const rows: [rule: IdentityRule, image: string, signed: string, matches: boolean][] = [
  [exactly, 'r.example/a:1', 'r.example/a:1', true],
  [exactly, 'r.example/a:1', 'r.example/a:2', false],
  [exactly, 'r.example/a:1', 'r.example/a', false],
  [exactly, 'r.example/a:1', 'q.example/a:1', false],
  [exactly, 'debian:13', 'docker.io/library/debian:13', true],
  [exactly, `r.example/a@${digest}`, `r.example/a@${digest}`, true],
  [exactly, `r.example/a@${digest}`, `r.example/a@${other}`, false],
  [exactly, `r.example/a@${digest}`, 'r.example/a:1', false],
  [byDefault, 'r.example/a:1', 'r.example/a:1', true],
  [byDefault, 'r.example/a:1', 'r.example/a:2', false],
  [byDefault, 'r.example/a:1', `r.example/a@${digest}`, false],
  [byDefault, 'r.example/a:1', 'r.example/a', false],
  [byDefault, `r.example/a@${digest}`, 'r.example/a:1', true],
  [byDefault, `r.example/a@${digest}`, 'r.example/a', false],
  [byDefault, `r.example/a@${digest}`, 'r.example/b:1', false],
  [byDefault, 'r.example/a:1', 'not a name', false],
  [repository, 'r.example/a:1', 'r.example/a', true],
  [repository, 'r.example/a:1', 'r.example/a:2', true],
  [repository, 'r.example/a:1', 'r.example/a/b', false],
  [repository, 'r.example/a:1', 'r.example:5000/a', false],
  [reference, 'r.example/x:7', 'up.example/a:1', true],
  [reference, 'r.example/x:7', 'up.example/a:2', false],
  [reference, 'up.example/a:2', 'up.example/a:2', false],
  [upstream, 'r.example/x:7', 'up.example/a:2', true],
  [upstream, 'r.example/x:7', 'up.example/a', true],
  [upstream, 'up.example/b:1', 'up.example/b:1', false],
  [remap('r.example', 'up.example'), 'r.example/a/b:1', 'up.example/a/b:1', true],
  [remap('r.example', 'up.example'), 'r.example/a/b:1', 'r.example/a/b:1', false],
  [remap('r.example', 'up.example'), 'r.example:5000/a:1', 'up.example:5000/a:1', false],
  [remap('r.example/hub', 'docker.io'), 'r.example/hub/library/debian:13', 'debian:13', true],
  [remap('r.example/hub', 'docker.io'), 'r.example/hubs/library/debian:13', 'docker.io/library/debian:13', false],
  [remap('r.example/hub', 'docker.io'), 'q.example/a:1', 'q.example/a:1', true],
];
for (const [rule, image, signed, matches] of rows) {
  test(`${JSON.stringify(rule)}: a signature for ${signed} ${matches ? 'is' : 'is not'} one for ${image}`, () => {
    const name = parseImageName(image);
    assert.ok(name);
    assert.equal(matchesIdentity(rule, name, signed), matches);
  });
}
