import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type { Result, TransferHandlers } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import {
  bySignatureOf,
  imageIsReadyIn,
  letsItContinue,
  notOffered,
  parameterNotAccepted,
  permissionDenied,
  serviceMetUnexpected,
} from '../../../support/texts/client.js';
import { noSuchFile } from '../../../support/texts/common.js';
import { fakeProcessContext } from '../support/process-context.js';
import { ferryctl, result, runWith } from './verb-runs.js';

/** Keeps what the call was given, and answers with the result. */
function recording(kept: { parameters?: unknown }, answer = result): Partial<TransferHandlers> {
  const handler: TransferHandlers['Pull'] = async (call) => {
    kept.parameters = call.parameters;
    if (!call.more) return call.reply({ id: 7, result: answer });
    call.continues({ id: 7 });
    call.continues({ log: { priority: 6, message: 'looking' } });
    call.continues({ progress: { phase: 'downloading', bytesDone: 1, bytesTotal: 2 } });
    call.reply({ result: answer });
  };
  return { Pull: handler };
}

const pulls: [argv: string[], parameters: object][] = [
  [['pull-tar', 'http://h/x.tar'], { url: 'http://h/x.tar', format: 'tar', class: 'machine' }],
  [['pull-raw', '-P', 'http://h/x', 'n.raw'], { url: 'http://h/x', format: 'raw', class: 'portable', name: 'n' }],
  [['pull-raw', 'http://h/x', '-'], { url: 'http://h/x', format: 'raw', class: 'machine', pristineOnly: true }],
  [
    [
      '-mN',
      '--verify=checksum',
      '--force',
      '--read-only',
      '--strict',
      '--limit-rate=1M',
      '--size-max=2G',
      '--image-root=img',
      'pull-tar',
      'http://h/x',
    ],
    {
      url: 'http://h/x',
      format: 'tar',
      class: 'machine',
      verify: 'checksum',
      force: true,
      readOnly: true,
      keepDownload: false,
      imageRoot: '/work/img',
      sizeMax: 2147483648,
      limitRate: 1048576,
      strict: true,
    },
  ],
];

const digest = `sha256:${'ab'.repeat(32)}`;
pulls.push(
  [
    [`--digest=${digest.toUpperCase()}`, '--checksum-file=SUMS', 'pull-raw', 'http://h/x'],
    { url: 'http://h/x', format: 'raw', class: 'machine', digest, checksumFile: 'SUMS' },
  ],
  [
    ['--checksum-file=https://other/SUMS', 'pull-tar', `http://h/x#${digest}`],
    { url: 'http://h/x', format: 'tar', class: 'machine', digest, checksumFile: 'https://other/SUMS' },
  ],
);

for (const [argv, parameters] of pulls) {
  test(`${argv.join(' ')} asks for what it says`, async (t) => {
    const kept: { parameters?: unknown } = {};
    const { status } = await ferryctl(t, { transfer: recording(kept) }, argv);
    assert.equal(status, 0);
    assert.deepEqual(kept.parameters, { ...parameters, allowInteractiveAuthentication: true });
  });
}

test('--no-ask-password forbids interactive authentication', async (t) => {
  const kept: { parameters?: unknown } = {};
  await ferryctl(t, { transfer: recording(kept) }, ['--no-ask-password', 'pull-tar', 'http://h/x']);
  assert.equal(Object(kept.parameters).allowInteractiveAuthentication, false);
});

test('keyrings are read here and sent', async (t) => {
  await using directory = temporaryDirectory(t);
  const kept: { parameters?: unknown } = {};
  writeFileSync(directory.file('a.pgp'), Buffer.from([0x99, 0xff]));
  writeFileSync(directory.file('b.pgp'), 'b');
  const argv = [
    `--keyring=${directory.file('a.pgp')}`,
    `--keyring=${directory.file('b.pgp')}`,
    'pull-tar',
    'http://h/x',
  ];
  assert.equal((await ferryctl(t, { transfer: recording(kept) }, argv)).status, 0);
  assert.deepEqual(Object(kept.parameters).keyrings, ['mf8=', 'Yg==']);
});

test('a keyring that is missing is named, and no service is needed for that', async () => {
  const outcome = await runWith(fakeProcessContext(), ['--keyring=missing', 'pull-tar', 'http://h/x']);
  assert.deepEqual(outcome, {
    status: 3,
    stdout: '',
    stderr: `Cannot read the keyring '/work/missing': ${noSuchFile}.\n`,
  });
});

test('a pull tells how it went', async (t) => {
  const outcome = await ferryctl(t, { transfer: recording({}) }, ['pull-tar', 'http://h/x']);
  assert.deepEqual(outcome, {
    status: 0,
    stdout: '',
    stderr: [
      `Transfer 7 started. Ctrl-C ${letsItContinue}.`,
      'looking',
      'Downloading: 50% (1B of 2B).',
      `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified ${bySignatureOf('0123ABCD')}).`,
      '',
    ].join('\n'),
  });
});

const endings: [changes: Partial<Result>, line: string][] = [
  [
    { verifiedBy: 'checksum', signedBy: null },
    `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified by checksum).`,
  ],
  [
    { signedBy: '0123456789abcdef0123456789ABCDEF01234567', signerName: 'Anna <anna@example.org>' },
    `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified by signature of Anna <anna@example.org>, key 89ABCDEF01234567).`,
  ],
  [
    { signedBy: 'fedcba9876543210'.repeat(4) },
    `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified ${bySignatureOf('fedcba9876543210')}).`,
  ],
  [{ startCommands: ['machinectl start jammy', 'systemd-nspawn -M jammy'] }, 'Start it with: systemd-nspawn -M jammy'],
  [{ startCommands: ['systemd-sysext refresh'] }, 'Use it with: systemd-sysext refresh'],
  [
    { verifiedBy: 'no', path: '/var/lib/machines/x.raw' },
    `${imageIsReadyIn('x')} /var/lib/machines/x.raw (not verified).`,
  ],
  [
    { fromCache: true, lossCount: 3, losses: [] },
    `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified ${bySignatureOf('0123ABCD')}, from the cache, 3 files not stored exactly).`,
  ],
  [
    { path: null, pristinePath: '/v/.tar-x' },
    `The pristine download is kept in /v/.tar-x (verified ${bySignatureOf('0123ABCD')}).`,
  ],
];

for (const [changes, line] of endings) {
  test(`a pull ends with: ${line}`, async (t) => {
    const { stderr } = await ferryctl(t, { transfer: recording({}, { ...result, ...changes }) }, [
      'pull-tar',
      'http://h/x',
    ]);
    assert.equal(stderr.trimEnd().split('\n').at(-1), line);
  });
}

test('quiet pulls say nothing, but warnings come through', async (t) => {
  const Pull: TransferHandlers['Pull'] = async (call) => {
    call.continues({ id: 7 });
    call.continues({ log: { priority: 6, message: 'information' } });
    call.continues({ log: { priority: 4, message: 'warning' } });
    call.reply({ result });
  };
  assert.deepEqual(await ferryctl(t, { transfer: { Pull } }, ['-q', 'pull-tar', 'http://h/x']), {
    status: 0,
    stdout: '',
    stderr: 'warning\n',
  });
});

test('--json prints the result of a pull', async (t) => {
  const { stdout } = await ferryctl(t, { transfer: recording({}) }, ['-qj', 'pull-tar', 'http://h/x']);
  assert.deepEqual(JSON.parse(stdout), result);
  assert.doesNotMatch(stdout, /\s./);
});

test('a failure is one line with the words of the service, escaped', async (t) => {
  const Pull: TransferHandlers['Pull'] = async (call) => {
    call.continues({ id: 7 });
    throw new VarlinkError('io.ferry.Transfer.DownloadFailed', {
      message: 'http://h/x: 404 \x1b[31mNot\nFound',
      url: 'http://h/x',
      status: 404,
    });
  };
  const { status, stderr } = await ferryctl(t, { transfer: { Pull } }, ['-q', 'pull-tar', 'http://h/x']);
  assert.equal(status, 7);
  assert.equal(stderr, 'Failed to pull the image: http://h/x: 404 \\x1b[31mNot\\nFound.\n');
});

test('errors are red on a terminal', async () => {
  const context = fakeProcessContext({ columns: 80, variables: { TERM: 'xterm' } });
  await run(['frob'], context);
  assert.equal(context.written.stderr, "\x1b[0;1;31mUnknown command 'frob'.\x1b[0m\n");
});

const wireErrors: [name: string, parameters: object, line: string][] = [
  ['org.varlink.service.PermissionDenied', {}, permissionDenied],
  ['org.varlink.service.InvalidParameter', { parameter: 'strict' }, `${parameterNotAccepted} 'strict'.`],
  ['org.varlink.service.MethodNotImplemented', { method: 'a.B' }, notOffered('a.B')],
  ['io.systemd.System', { errnoName: 'EIO' }, serviceMetUnexpected('EIO')],
  ['io.example.Strange', {}, 'the service answered io.example.Strange.'],
];

for (const [name, parameters, line] of wireErrors) {
  test(`${name} is said in words`, async (t) => {
    const List: TransferHandlers['List'] = async () => {
      throw new VarlinkError(name, parameters);
    };
    const { stderr } = await ferryctl(t, { transfer: { List } }, []);
    assert.equal(stderr, `Failed to list transfers: ${line}\n`);
  });
}
