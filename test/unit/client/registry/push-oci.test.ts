import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type {
  PushedBlob,
  PushOciParameters,
  Result,
  TransferHandlers,
} from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { letsItContinue } from '../../../support/texts/client.js';
import { ferryctl, result } from '../transfer/verb-runs.js';

const digest = `sha256:${'ab'.repeat(32)}`;
const blobs: PushedBlob[] = [
  { mediaType: 'a/layer', digest: `sha256:${'01'.repeat(32)}`, bytes: 2048, fate: 'sent' },
  { mediaType: 'a/config', digest: `sha256:${'02'.repeat(32)}`, bytes: 10, fate: 'present' },
];

function withFates(...fates: PushedBlob['fate'][]): PushedBlob[] {
  return blobs.map((blob, index) => ({ ...blob, fate: fates[index] ?? 'present' }));
}

async function push(t: TestContext, argv: string[], pushed: Partial<Result> = {}) {
  const kept: { parameters?: PushOciParameters } = {};
  const transfer: Partial<TransferHandlers> = {
    ResolveReference: async (call) =>
      call.reply({ locations: [{ registry: 'r.example.com', repository: 'team/x' }], name: 'x' }),
    PushOci: async (call) => {
      kept.parameters = call.parameters;
      call.continues({ id: 7 });
      const progress = { phase: 'uploading', bytesDone: 1, bytesTotal: 2 } as const;
      call.continues({ progress });
      const known = { ...result, path: null, bytes: 2048, signedBy: null, manifestDigest: digest, blobs };
      call.reply({ result: { ...known, ...pushed } });
    },
  };
  return { ...(await ferryctl(t, { transfer }, argv)), parameters: kept.parameters };
}

const pushes: [argv: string[], parameters: object][] = [
  [['push-oci', 'web', 'r:5000/web:1'], { name: 'web', reference: 'r:5000/web:1', class: 'machine' }],
  [
    ['push-oci', '-S', '--format=zstd', '--mount-from=a', '--mount-from=b/c', '--image-root=img', 'web', 'x'],
    {
      name: 'web',
      reference: 'x',
      class: 'sysext',
      compression: 'zstd',
      mountFrom: ['a', 'b/c'],
      imageRoot: '/work/img',
    },
  ],
  [
    ['push-oci', '--limit-rate=1M', '--no-resume', '--dry-run', 'web', 'x'],
    { name: 'web', reference: 'x', class: 'machine', limitRate: 1048576, resume: false, dryRun: true },
  ],
];

for (const [argv, parameters] of pushes) {
  test(`${argv.join(' ')} asks for what it says`, async (t) => {
    const outcome = await push(t, argv);
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.deepEqual(outcome.parameters, { ...parameters, allowInteractiveAuthentication: true });
  });
}

test('a push tells how much was sent, and which digest names it', async (t) => {
  const { stderr } = await push(t, ['push-oci', 'web', 'r/web:1']);
  assert.equal(
    stderr,
    [
      `Transfer 7 started. Ctrl-C ${letsItContinue}.`,
      'Uploading: 50% (1B of 2B).',
      `Image web is pushed to r/web:1 (2K sent, ${digest}).`,
      '',
    ].join('\n'),
  );
  const again = await push(t, ['push-oci', 'web', 'r/web:1'], { bytes: 0, blobs: withFates('present', 'mounted') });
  assert.ok(again.stderr.endsWith(`pushed to r/web:1 (the registry had all of it, ${digest}).\n`), again.stderr);
});

test('--dry-run of push-oci shows what the registry lacks', async (t) => {
  const some = await push(t, ['push-oci', '--dry-run', 'web', 'r/web:1'], { blobs: withFates('missing') });
  const rows = [
    '  Reference: r/web:1',
    `   Manifest: ${digest}`,
    '     Upload: 2K',
    `       Part: ${blobs[0]?.digest}, 2K, a/layer, would be sent`,
    `       Part: ${blobs[1]?.digest}, 10B, a/config, there already`,
  ];
  assert.deepEqual(some.stdout.trimEnd().split('\n').map(trimmed), rows.map(trimmed));
  const none = await push(t, ['push-oci', '--dry-run', 'web', 'x'], { blobs: withFates('present', 'mounted') });
  assert.match(none.stdout, /Upload: nothing, the registry has all of it$/m);
  assert.match(none.stdout, /, a\/config, taken from another repository$/m);
  const json = await push(t, ['push-oci', '--dry-run', '--json=short', 'web', 'x']);
  assert.deepEqual(JSON.parse(json.stdout).blobs, blobs);
});

function trimmed(line: string): string {
  return line.trim();
}
