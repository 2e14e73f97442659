import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type {
  PlanOciReply,
  PullOciParameters,
  TransferHandlers,
} from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { imageIsReadyIn, letsItContinue, verifiedByManifest } from '../../../support/texts/client.js';
import { noSuchFile } from '../../../support/texts/common.js';
import type { FakeOptions } from '../support/process-context.js';
import { ferryctl, result } from '../transfer/verb-runs.js';

const digest = `sha256:${'ab'.repeat(32)}`;

const plan: PlanOciReply = {
  reference: 'x:1',
  location: { registry: 'r.example.com', repository: 'team/x' },
  manifestDigest: digest,
  indexDigest: null,
  verifiedBy: 'checksum',
  signedBy: [],
  demandedBy: [],
  layers: [
    { digest: `sha256:${'01'.repeat(32)}`, bytes: 2048, compression: 'gzip', present: false },
    { digest: `sha256:${'02'.repeat(32)}`, bytes: 10, compression: 'zstd', present: true },
  ],
  bytes: 2048,
  layout: 'tree',
  path: '/var/lib/machines/x',
  replaces: [],
  bytesAvailable: 1024 ** 3,
  obstacles: [],
};

/** A service that knows where references lead, and keeps what it is asked for. */
function registryService(kept: { parameters?: PullOciParameters }, planned = plan): Partial<TransferHandlers> {
  return {
    ResolveReference: async (call) =>
      call.reply({ locations: [{ registry: 'r.example.com', repository: 'team/x' }], name: 'x' }),
    PlanOci: async (call) => {
      kept.parameters = call.parameters;
      call.reply(planned);
    },
    PullOci: async (call) => {
      kept.parameters = call.parameters;
      call.continues({ id: 7 });
      const layers = { done: 1, total: 2, current: [{ digest, bytesDone: 1, bytesTotal: 2 }] };
      call.continues({ progress: { phase: 'downloading', bytesDone: 1, bytesTotal: 2, layers } });
      call.reply({ result: { ...result, verifiedBy: 'checksum', signedBy: null, manifestDigest: digest } });
    },
  };
}

async function pull(t: TestContext, argv: string[], options: FakeOptions = {}) {
  const kept: { parameters?: PullOciParameters } = {};
  const outcome = await ferryctl(t, { transfer: registryService(kept) }, argv, options);
  return { ...outcome, parameters: kept.parameters };
}

const pulls: [argv: string[], parameters: object, options?: FakeOptions][] = [
  [['pull-oci', 'debian:13'], { reference: 'debian:13', class: 'machine' }],
  [
    ['pull-oci', '-P', '--layout=mstack', '--platform=linux/arm64', 'docker://h:1/a/b@sha256:x', 'n'],
    { reference: 'docker://h:1/a/b@sha256:x', class: 'portable', name: 'n', layout: 'mstack', platform: 'linux/arm64' },
  ],
  [
    ['pull-oci', '--force', '--read-only', '--strict', '--limit-rate=1M', '--size-max=2G', '--no-resume', 'x'],
    {
      reference: 'x',
      class: 'machine',
      force: true,
      readOnly: true,
      strict: true,
      limitRate: 1048576,
      sizeMax: 2147483648,
      resume: false,
    },
  ],
  [
    ['pull-oci', '-m', '--image-root=img', 'x'],
    { reference: 'x', class: 'machine', imageRoot: '/work/img', layout: 'mstack' },
    { programName: 'importctl' },
  ],
];

for (const [argv, parameters, options] of pulls) {
  test(`${options?.programName ?? 'ferryctl'} ${argv.join(' ')} asks for what it says`, async (t) => {
    const outcome = await pull(t, argv, options);
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.deepEqual(outcome.parameters, { ...parameters, allowInteractiveAuthentication: true });
  });
}

test('a pull of a container image tells of its layers, and by which digest it can be pulled again', async (t) => {
  const { stderr } = await pull(t, ['pull-oci', 'x']);
  assert.equal(
    stderr,
    [
      `Transfer 7 started. Ctrl-C ${letsItContinue}.`,
      'Downloading: 50% (1B of 2B, 1 of 2 layers).',
      `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (manifest ${digest}, ${verifiedByManifest}).`,
      '',
    ].join('\n'),
  );
});

test('--dry-run of pull-oci shows the layers with their sizes, and what stands in the way', async (t) => {
  const { status, stdout, parameters } = await pull(t, ['pull-oci', '--dry-run', 'x:1']);
  assert.equal(status, 0);
  assert.equal(parameters?.reference, 'x:1');
  assert.equal(
    stdout,
    [
      ' Reference: x:1',
      '  Found at: r.example.com/team/x',
      `  Manifest: ${digest}`,
      '  Verified: by the digests in its manifest; no signature is demanded',
      '  Download: 2K in 1 of 2 layers',
      `     Layer: sha256:${'01'.repeat(32)}, 2K, gzip`,
      `     Layer: sha256:${'02'.repeat(32)}, 10B, here`,
      '     Image: /var/lib/machines/x, one tree',
      'Free space: 1G',
      '',
    ].join('\n'),
  );
  const obstacles = [{ error: 'ImageExists', message: 'there is one' }];
  const tight = registryService({}, { ...plan, bytesAvailable: 1, obstacles });
  const refused = await ferryctl(t, { transfer: tight }, ['pull-oci', '--dry-run', 'x:1']);
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /: there is one\.\n$/);
  assert.match(refused.stdout, /Free space: 1B, less/);
  const layers = plan.layers.map((layer) => ({ ...layer, present: true }));
  const complete = await ferryctl(t, { transfer: registryService({}, { ...plan, layers }) }, [
    'pull-oci',
    '--dry-run',
    'x',
  ]);
  assert.match(complete.stdout, /Download: none, all layers are here\n/);
  const json = await pull(t, ['pull-oci', '--dry-run', '--json=short', 'x:1']);
  assert.deepEqual(JSON.parse(json.stdout), plan);
});

test("a name of '-' is refused, which would make the image directory the image elsewhere", async (t) => {
  const { status, stderr, parameters } = await pull(t, ['pull-oci', 'x', '-']);
  assert.equal(status, 2);
  assert.equal(stderr, "Cannot pull layers alone: give the image a name, or leave out '-'\n");
  assert.equal(parameters, undefined);
});

const encoded = (text: string) => Buffer.from(text).toString('base64');

function authFile(login: string, registry = 'r.example.com'): string {
  return JSON.stringify({
    auths: { [registry]: { auth: encoded(login) }, 'other.example.com': { auth: encoded('o:o') } },
  });
}

test('of the logins in the files of podman and docker only that for the registry is sent', async (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ['run/containers', '.config/containers', '.docker'])
    mkdirSync(directory.file(name), { recursive: true });
  const variables = { HOME: directory.path, XDG_RUNTIME_DIR: directory.file('run') };
  const sent = async (...argv: string[]) =>
    (await pull(t, ['pull-oci', ...argv, 'x'], { variables })).parameters?.credentials;
  assert.equal(await sent(), undefined);
  writeFileSync(directory.file('.netrc'), 'machine r.example.com login net password rc\n');
  assert.deepEqual(await sent(), [{ registry: 'r.example.com', user: 'net', password: 'rc' }]);
  writeFileSync(directory.file('.docker/config.json'), authFile('docker:d'));
  assert.deepEqual(await sent(), [{ registry: 'r.example.com', user: 'docker', password: 'd' }]);
  writeFileSync(directory.file('.config/containers/auth.json'), authFile('podman:p'));
  assert.deepEqual(await sent(), [{ registry: 'r.example.com', user: 'podman', password: 'p' }]);
  writeFileSync(directory.file('run/containers/auth.json'), authFile('run:r', 'r.example.com/team'));
  assert.deepEqual(await sent(), [{ registry: 'r.example.com', user: 'run', password: 'r' }]);
  writeFileSync(directory.file('auth'), authFile('given:g'));
  assert.deepEqual(await sent(`--authfile=${directory.file('auth')}`), [
    { registry: 'r.example.com', user: 'given', password: 'g' },
  ]);
});

test('a file of logins that is named has to be there, and what is wrong with it does not show what is in it', async (t) => {
  const directory = temporaryDirectory(t);
  const missing = await pull(t, ['pull-oci', 'x'], { variables: { REGISTRY_AUTH_FILE: '/nonexistent/auth.json' } });
  assert.equal(missing.status, 3);
  assert.equal(missing.stderr, `Cannot read the credentials in '/nonexistent/auth.json': ${noSuchFile}.\n`);
  const path = directory.file('auth');
  writeFileSync(path, 's3cret');
  const broken = await pull(t, ['pull-oci', `--authfile=${path}`, 'x']);
  assert.equal(
    broken.stderr,
    `Cannot read the credentials in '${path}': it is not JSON as containers-auth.json(5) has it.\n`,
  );
});

/** A file of logins that leaves them to a helper, which is this script. */
function helped(t: TestContext, script: string | undefined, helper = 'mine'): FakeOptions {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('auth'), JSON.stringify({ credHelpers: { 'r.example.com': helper } }));
  if (script !== undefined) {
    writeFileSync(directory.file('docker-credential-mine'), `#!/bin/sh\nread host; ${script}\n`);
    chmodSync(directory.file('docker-credential-mine'), 0o755);
  }
  return { variables: { REGISTRY_AUTH_FILE: directory.file('auth'), PATH: `${directory.path}:/usr/bin:/bin` } };
}

test('a credential helper is run by the client, and asked for the registry alone', async (t) => {
  const known = helped(t, `echo '{"Username":"'$1'","Secret":"'$host'"}'`);
  assert.deepEqual((await pull(t, ['pull-oci', 'x'], known)).parameters?.credentials, [
    { registry: 'r.example.com', user: 'get', password: 'r.example.com' },
  ]);
  const token = helped(t, `echo '{"Username":"<token>","Secret":"refresh"}'`);
  assert.deepEqual((await pull(t, ['pull-oci', 'x'], token)).parameters?.credentials, [
    { registry: 'r.example.com', identityToken: 'refresh' },
  ]);
  const unknown = helped(t, 'echo credentials not found in native keychain; exit 1');
  assert.equal((await pull(t, ['pull-oci', 'x'], unknown)).parameters?.credentials, undefined);
});

const brokenHelpers: [script: string | undefined, reason: string, helper?: string][] = [
  [undefined, 'docker-credential-mine is not installed; install it, or log in to the registry again'],
  ['exit 3', 'docker-credential-mine failed with exit status 3'],
  ['echo nonsense', 'docker-credential-mine has not answered with JSON'],
  [undefined, "'../x' is not the name of a credential helper", '../x'],
];

for (const [script, reason, helper] of brokenHelpers) {
  test(`a credential helper that is of no use is told of: ${reason}`, async (t) => {
    const { status, stderr } = await pull(t, ['pull-oci', 'x'], helped(t, script, helper));
    assert.equal(status, 1);
    assert.equal(stderr, `Cannot get the credentials for r.example.com: ${reason}.\n`);
  });
}
