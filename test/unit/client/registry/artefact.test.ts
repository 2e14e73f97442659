import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { PullParameters, TransferHandlers } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { ferryctl, result } from '../transfer/verb-runs.js';

const url = 'oci://r.example.com/team/x:1#disk.raw';

/** A service that knows where references lead, and keeps what it is asked for. */
function service(kept: { reference?: string; parameters?: PullParameters }): Partial<TransferHandlers> {
  return {
    ResolveReference: async (call) => {
      kept.reference = call.parameters.reference;
      call.reply({ locations: [{ registry: 'r.example.com', repository: 'team/x' }], name: 'x' });
    },
    Pull: async (call) => {
      kept.parameters = call.parameters;
      call.continues({ id: 7 });
      call.reply({ result });
    },
  };
}

async function pull(t: TestContext, argv: string[]) {
  const kept: { reference?: string; parameters?: PullParameters } = {};
  const outcome = await ferryctl(t, { transfer: service(kept) }, argv);
  return { ...outcome, ...kept };
}

test('pull-raw of an artefact sends the login for its registry alone, and the platform', async (t) => {
  const file = temporaryDirectory(t).file('auth.json');
  const auth = (secret: string) => ({ auth: Buffer.from(`me:${secret}`).toString('base64') });
  writeFileSync(file, JSON.stringify({ auths: { 'r.example.com': auth('one'), 'other.example.com': auth('two') } }));
  const outcome = await pull(t, ['pull-raw', `--authfile=${file}`, '--platform=linux/arm64', url, 'n']);
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.equal(outcome.reference, 'r.example.com/team/x:1');
  assert.deepEqual(outcome.parameters, {
    url,
    format: 'raw',
    class: 'machine',
    name: 'n',
    platform: 'linux/arm64',
    credentials: [{ registry: 'r.example.com', user: 'me', password: 'one' }],
    allowInteractiveAuthentication: true,
  });
});

const digest = `sha256:${'ab'.repeat(32)}`;
const ofManifest = 'a registry says what a file must be; name the digest of its manifest, as in oci://IMAGE@DIGEST';
const refused: [option: string, url: string, reason: string][] = [
  [`--digest=${digest}`, url, ofManifest],
  ['--checksum-file=SUMS', url, ofManifest],
  ['--keyring=/dev/null', url, ofManifest],
  ['--platform=linux/arm64', 'http://h/x.raw', 'it is for oci:// URLs alone'],
  ['--authfile=/dev/null', 'http://h/x.raw', 'it is for oci:// URLs alone'],
];
for (const [option, at, reason] of refused) {
  test(`${option} is refused with ${at.slice(0, 6)} URLs`, async (t) => {
    const outcome = await pull(t, ['pull-raw', option, at]);
    assert.equal(outcome.status, 2);
    assert.ok(
      outcome.stderr.includes(`Cannot use ${option.replace(/=.*/, '=')} with '${at}': ${reason}.`),
      outcome.stderr,
    );
    assert.equal(outcome.parameters, undefined);
  });
}
