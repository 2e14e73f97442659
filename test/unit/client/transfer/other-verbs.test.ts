import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransferHandlers } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import {
  cannotBeImageName,
  cannotReachWithout,
  cannotReadAsBoolean,
  isCopyOf,
  noContainerRuns,
  notHostForOption,
  unknownValue,
} from '../../../support/texts/client.js';
import { doesNotBeginWithScheme } from '../../../support/texts/common.js';
import { checksumFileEmpty, checksumFileUnusable, digestNotNamed } from '../../../support/texts/verification.js';
import type { FakeHandlers } from '../support/fake-service.js';
import { fakeProcessContext } from '../support/process-context.js';
import { ferryctl, runWith } from './verb-runs.js';

test('called as importctl a class is needed', async () => {
  for (const argv of [
    ['pull-tar', 'http://h/x'],
    ['import-fs', '/'],
    ['export-raw', 'x', 'y'],
  ]) {
    const { status, stderr } = await runWith(fakeProcessContext({ programName: 'importctl' }), argv);
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'A class is needed, given with --class= or -m, -P, -S, -C: machine (/var/lib/machines), portable (/var/lib/portables), sysext (/var/lib/extensions), confext (/var/lib/confexts).\n',
    );
  }
});

test('lists without anything to list', async (t) => {
  const handlers: FakeHandlers = {
    transfer: { List: async (call) => call.reply({ transfers: [] }) },
    image: { List: async (call) => call.reply({ images: [] }) },
  };
  assert.equal((await ferryctl(t, handlers, [])).stdout, 'No transfers.\n');
  assert.equal((await ferryctl(t, handlers, ['list-images'])).stdout, 'No images.\n');
  assert.equal((await ferryctl(t, handlers, ['list-images', '--no-legend'])).stdout, '');
  assert.equal((await ferryctl(t, handlers, ['list', '-j'])).stdout, '[]\n');
  assert.equal((await ferryctl(t, handlers, ['list-images', '--json=pretty'])).stdout, '[]\n');
  assert.equal((await ferryctl(t, handlers, ['list-images', '--json=off'])).stdout, 'No images.\n');
});

test('transfers are listed by name, of one class if asked for', async (t) => {
  const classes: unknown[] = [];
  const List: TransferHandlers['List'] = async (call) => {
    classes.push(call.parameters.class);
    const transfer = { type: 'pull_tar', class: 'machine', progress: { phase: 'downloading', bytesDone: 0 } } as const;
    call.reply({
      transfers: [
        { ...transfer, id: 1, local: 'b' },
        { ...transfer, id: 2, local: 'a' },
      ],
    });
  };
  const { stdout } = await ferryctl(t, { transfer: { List } }, ['-m', 'list']);
  assert.equal(
    stdout,
    'ID PROGRESS TYPE CLASS LOCAL REMOTE\n2 - pull-tar machine a -\n1 - pull-tar machine b -\n\n2 transfers listed.\n',
  );
  assert.deepEqual(classes, ['machine']);
});

test('cancel-transfer reports each, and fails if one does', async (t) => {
  const Cancel: TransferHandlers['Cancel'] = async (call) => {
    if (call.parameters.id !== 2) return call.reply({});
    throw new VarlinkError('io.ferry.Transfer.NoSuchTransfer', { message: 'There is no transfer 2.', id: 2 });
  };
  const { status, stderr } = await ferryctl(t, { transfer: { Cancel } }, ['cancel-transfer', '1', '2', '3']);
  assert.equal(status, 3);
  assert.equal(
    stderr,
    'Transfer 1 cancelled.\nFailed to cancel transfer 2: There is no transfer 2.\nTransfer 3 cancelled.\n',
  );
});

test('cancel-transfer takes numbers only', async () => {
  const { stderr } = await runWith(fakeProcessContext(), ['cancel-transfer', '1', 'x']);
  assert.equal(stderr, "'x' is not a transfer: expected a number as shown by list-transfers.\n");
});

test('image verbs ask for what they say', async (t) => {
  const calls: unknown[] = [];
  const keep = async (call: { method: string; parameters: object; reply(parameters: object): void }) => {
    calls.push([call.method.split('.').at(-1), call.parameters]);
    call.reply({});
  };
  const handlers = { image: { Remove: keep, Rename: keep, Clone: keep, SetReadOnly: keep } };
  const image = { class: 'machine', allowInteractiveAuthentication: true };
  assert.equal(
    (await ferryctl(t, handlers, ['remove-image', 'a', 'b'])).stderr,
    'Image a removed.\nImage b removed.\n',
  );
  assert.equal((await ferryctl(t, handlers, ['rename-image', 'a', 'b'])).stderr, 'Image a is now b.\n');
  assert.equal((await ferryctl(t, handlers, ['clone-image', '--read-only', 'a', 'b'])).stderr, `${isCopyOf('b')} a.\n`);
  assert.equal((await ferryctl(t, handlers, ['read-only-image', 'a'])).stderr, 'Image a is read-only.\n');
  assert.equal((await ferryctl(t, handlers, ['read-only-image', 'a', 'off'])).stderr, 'Image a is writable.\n');
  assert.deepEqual(calls, [
    ['Remove', { ...image, name: 'a' }],
    ['Remove', { ...image, name: 'b' }],
    ['Rename', { ...image, name: 'a', newName: 'b' }],
    ['Clone', { ...image, name: 'a', newName: 'b', readOnly: true }],
    ['SetReadOnly', { ...image, name: 'a', readOnly: true }],
    ['SetReadOnly', { ...image, name: 'a', readOnly: false }],
  ]);
});

test('clean lists what it removed', async (t) => {
  const handlers: FakeHandlers = {
    image: {
      Clean: async (call) => {
        assert.equal(call.parameters.dryRun, true);
        call.reply({
          leftovers: [
            { path: '/v/.raw-x', bytes: 2048, reason: 'original' },
            { path: '/v/.#y', bytes: 1024, reason: 'temporary' },
          ],
        });
      },
    },
  };
  const { stdout } = await ferryctl(t, handlers, ['clean', '--dry-run']);
  assert.equal(
    stdout,
    'PATH REASON AGE SIZE\n/v/.raw-x original - 2K\n/v/.#y temporary - 1K\n\n2 leftovers would be removed, 3K (1 original 2K, 1 temporary 1K).\n',
  );
});

const withoutService: [argv: string[], stderr: string, status?: number][] = [
  [['pull-tar', 'ftp://x'], `'ftp://x' is not a URL to pull from: it ${doesNotBeginWithScheme}`, 14],
  [['--verify=maybe', 'pull-tar', 'u'], `${unknownValue('maybe', '--verify=')} no, checksum or signature.`],
  [['--keep-download=maybe', 'pull-tar', 'u'], cannotReadAsBoolean('maybe', '--keep-download=')],
  [
    ['--class=machin', 'list'],
    `${unknownValue('machin', '--class=')} machine, portable, sysext or confext. Did you mean machine?`,
  ],
  [['-Hhost', 'list'], cannotReachWithout("'host'", 'ssh'), 13],
  [['-H-oProxyCommand=x', 'list'], `'-oProxyCommand=x' ${notHostForOption}`],
  [['-Mfoo', 'list'], noContainerRuns('foo'), 3],
  [
    ['-Hhost', '-Mfoo', 'list'],
    'Options --host= and --machine= exclude each other. For a container on another host write --host=HOST/CONTAINER.',
  ],
  [['-Mfoo', '--address=/x', 'list'], 'Options --machine= and --address= exclude each other.'],
  [
    ['-Hhost', '--image-root=images', 'list-images'],
    "Cannot use --image-root= with --host=: 'images' is not an absolute path.",
  ],
  [
    ['--address=ssh-exec:-oX:y', 'list'],
    "'ssh-exec:-oX:y' is not a Varlink address for --address=: expected unix:/PATH, unix:@NAME, /PATH, exec:/PROGRAM, ssh-unix:HOST:/PATH or ssh-exec:HOST:COMMAND.",
  ],
  [
    ['--address=http://x', 'list'],
    "'http://x' is not a Varlink address for --address=: expected unix:/PATH, unix:@NAME, /PATH, exec:/PROGRAM, ssh-unix:HOST:/PATH or ssh-exec:HOST:COMMAND.",
  ],
  [
    ['--address=unix:/run/x;x=1', 'list'],
    "'unix:/run/x;x=1' is not a Varlink address for --address=: parameters after ';', '?' or '#' are not supported.",
  ],
  [
    ['--address=exec:/nonexistent/a program', 'list'],
    "Cannot connect to 'exec:/nonexistent/a program': program '/nonexistent/a program' does not exist.",
    13,
  ],
  [['--keyring=', 'pull-tar', 'u'], 'Option --keyring= needs a path.'],
  [['--digest=', 'pull-tar', 'http://h/x'], `Cannot use '' for --digest=: ${digestNotNamed}.`],
  [['--checksum-file=', 'pull-tar', 'http://h/x'], checksumFileUnusable('', checksumFileEmpty), 14],
  [['rename-image', 'a', 'b/c'], `'b/c' ${cannotBeImageName}: it contains a '/'.`, 14],
  [['complete', 'fruit'], "Nothing is called 'fruit' here: expected images, trees, disks, transfers, containers."],
];

for (const [argv, stderr, status = 2] of withoutService) {
  test(`${argv.join(' ')} fails in one line, without a service`, async () => {
    const outcome = await runWith(fakeProcessContext({ variables: { PATH: '/nonexistent' } }), argv);
    assert.deepEqual(outcome, { status, stdout: '', stderr: `${stderr}\n` });
  });
}

test('a bridge to a terminal is refused', async () => {
  const { status, stderr } = await runWith(fakeProcessContext({ columns: 80 }), ['bridge']);
  assert.deepEqual(
    [status, stderr],
    [2, 'Refusing to speak Varlink with a terminal: bridge is for programs, such as ssh.\n'],
  );
});

test('what is for programs is explained to those who ask', async () => {
  for (const [verb, help] of [
    ['bridge', 'Connect standard input and output to the service'],
    ['complete', 'Show the words that a shell may offer'],
  ] as const) {
    const { stdout } = await runWith(fakeProcessContext(), ['help', verb, '--no-pager']);
    assert.equal(stdout.split('\n')[2], `${help}.`);
  }
});
