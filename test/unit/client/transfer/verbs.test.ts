import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type {
  PullReply,
  Result,
  TransferHandlers,
} from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import type { ServerCall } from '../../../../varlink/server/server.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import {
  cannotBeImageName,
  cannotReachWithout,
  cannotReadAsBoolean,
  continuesInBackground,
  imageIsReadyIn,
  isCopyOf,
  letsItContinue,
  nameIsNeeded,
  noContainerRuns,
  notHostForOption,
  notOffered,
  parameterNotAccepted,
  permissionDenied,
  serviceMetUnexpected,
  unknownValue,
} from '../../../support/texts/client.js';
import { doesNotBeginWithScheme, noSuchFile } from '../../../support/texts/common.js';
import { checksumFileEmpty, checksumFileUnusable, digestNotNamed } from '../../../support/texts/verification.js';
import { type FakeHandlers, startFakeService } from '../support/fake-service.js';
import { type FakeOptions, type FakeProcessContext, fakeProcessContext } from '../support/process-context.js';

const result: Result = {
  path: '/var/lib/machines/jammy',
  pristinePath: null,
  bytes: 2936013,
  sha256: 'ab',
  verifiedBy: 'signature',
  signedBy: '0123ABCD',
  fromCache: false,
  lossCount: 0,
  losses: [],
};

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs the client against a service that answers as given. */
async function ferryctl(
  t: TestContext,
  handlers: FakeHandlers,
  argv: string[],
  options: FakeOptions = {},
): Promise<Outcome> {
  const service = startFakeService(t, handlers);
  return await runWith(fakeProcessContext(options), [`--address=${service.address}`, ...argv]);
}

async function runWith(context: FakeProcessContext, argv: string[]): Promise<Outcome> {
  const status = await run(argv, context);
  return { status, ...context.written };
}

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
    status: 1,
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
      `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified by signature of key 0123ABCD).`,
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
    { verifiedBy: 'no', path: '/var/lib/machines/x.raw' },
    `${imageIsReadyIn('x')} /var/lib/machines/x.raw (not verified).`,
  ],
  [
    { fromCache: true, lossCount: 3, losses: [] },
    `${imageIsReadyIn('jammy')} /var/lib/machines/jammy (verified by signature of key 0123ABCD, from the cache, 3 files not stored exactly).`,
  ],
  [
    { path: null, pristinePath: '/v/.tar-x' },
    'The pristine download is kept in /v/.tar-x (verified by signature of key 0123ABCD).',
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
  assert.equal(status, 1);
  assert.equal(stderr, 'Failed to pull the image: http://h/x: 404 \\x1b[31mNot\\nFound.\n');
});

test('errors are red on a terminal', async () => {
  const context = fakeProcessContext({ columns: 80, env: { TERM: 'xterm' } });
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

test('a service that ends in mid-call is noticed at once', async (t) => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const service = startFakeService(t, {
    transfer: {
      Pull: async (call) => {
        call.continues({ id: 7 });
        begin();
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
    },
  });
  const context = fakeProcessContext();
  const running = run([`--address=${service.address}`, '-q', 'pull-tar', 'http://h/x'], context);
  await begun;
  await service.kill();
  assert.equal(await running, 1);
  assert.equal(
    context.written.stderr,
    "Failed to pull the image: the service ended in the middle of it; see the journal ('journalctl --unit=ferry.service').\n",
  );
});

/** A transfer that goes on until it is cancelled. */
function endless(started: () => void) {
  let cancel: () => void = () => {};
  const cancelled: number[] = [];
  const work = async (call: ServerCall<unknown, PullReply>) => {
    const ended = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    call.continues({ id: 7 });
    call.continues({ progress: { phase: 'downloading', bytesDone: 1 } });
    started();
    await Promise.race([ended, new Promise((resolve) => call.closed.addEventListener('abort', resolve))]);
    throw new VarlinkError('io.ferry.Transfer.Cancelled', { message: 'cancelled' });
  };
  const handlers: Partial<TransferHandlers> = {
    Pull: work,
    Import: work,
    Export: work,
    Cancel: async (call) => {
      cancelled.push(Number(call.parameters.id));
      cancel();
      call.reply({});
    },
  };
  return { handlers, cancelled };
}

test('Ctrl-C before the service has said a number detaches all the same', async (t) => {
  const context = fakeProcessContext();
  const Pull: TransferHandlers['Pull'] = async (call) => {
    context.interrupt();
    await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
  };
  const service = startFakeService(t, { transfer: { Pull } });
  const address = `--address=${service.address}`;
  assert.equal(await run([address, 'pull-tar', 'http://h/x'], context), 1);
  assert.equal(
    context.written.stderr,
    `The transfer continues in the background, if it was accepted: see ferryctl ${address} list-transfers.\n`,
  );
});

test('Ctrl-C for the second time does not wait for the transfer to end', async (t) => {
  await using directory = temporaryDirectory(t);
  const context = fakeProcessContext();
  const service = startFakeService(t, {
    transfer: {
      Export: async (call) => {
        call.continues({ id: 7 });
        call.continues({ log: { priority: 6, message: 'exporting' } });
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
      Cancel: async (call) => {
        context.interrupt();
        await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
      },
    },
  });
  const poll = setInterval(() => {
    if (!context.written.stderr.includes('exporting')) return;
    clearInterval(poll);
    context.interrupt();
  }, 1);
  const argv = [`--address=${service.address}`, 'export-tar', 'x', directory.file('x.tar')];
  assert.equal(await run(argv, context), 1);
  const [, , cancelling, last] = context.written.stderr.split('\n');
  assert.equal(cancelling, 'Cancelling transfer 7…');
  assert.equal(last, 'Interrupted before it was certain that the transfer ended.');
  assert.deepEqual(readdirSync(directory.path), []);
});

async function interrupted(t: TestContext, argv: string[], options: FakeOptions = {}) {
  const context = fakeProcessContext(options);
  const interruptSoon = () => {
    const poll = setInterval(() => {
      if (!context.written.stderr.includes('started')) return;
      clearInterval(poll);
      context.interrupt();
    }, 1);
  };
  const fake = endless(interruptSoon);
  const service = startFakeService(t, { transfer: fake.handlers });
  const status = await run([`--address=${service.address}`, ...argv], context);
  return {
    status,
    last: context.written.stderr.trimEnd().split('\n').at(-1),
    cancelled: fake.cancelled,
    address: service.address,
  };
}

test('Ctrl-C detaches from a pull and says how to cancel it', async (t) => {
  const { status, last, cancelled, address } = await interrupted(t, ['pull-tar', 'http://h/x']);
  assert.equal(status, 1);
  assert.equal(last, `${continuesInBackground(7)}: ferryctl --address=${address} cancel-transfer 7`);
  assert.deepEqual(cancelled, []);
});

test('Ctrl-C detaches from an import of a file', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'x');
  const { status, last, cancelled } = await interrupted(t, ['import-tar', directory.file('x.tar')]);
  assert.equal(status, 1);
  assert.match(last ?? '', /^Transfer 7 continues/);
  assert.deepEqual(cancelled, []);
});

test('Ctrl-C cancels an export, and the old file stays', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'old');
  const { status, last, cancelled } = await interrupted(t, ['export-tar', 'x', directory.file('x.tar')]);
  assert.equal(status, 1);
  assert.equal(last, 'Transfer 7 was cancelled.');
  assert.deepEqual(cancelled, [7]);
  assert.deepEqual(readdirSync(directory.path), ['x.tar']);
  assert.equal(readFileSync(directory.file('x.tar'), 'utf8'), 'old');
});

test('an import pushes the file, and says what it is', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('tree.tar.xz'), 'content');
  const kept: { parameters?: object; content?: string } = {};
  const Import: TransferHandlers['Import'] = async (call) => {
    const fd = call.descriptor(call.parameters.fileDescriptor ?? 99);
    kept.parameters = call.parameters;
    kept.content = readFileSync(fd, 'utf8');
    closeSync(fd);
    call.reply({ id: 7, result: { ...result, path: '/var/lib/extensions/tree' } });
  };
  const { status, stderr } = await ferryctl(t, { transfer: { Import } }, [
    'import-tar',
    '-S',
    '--read-only',
    directory.file('tree.tar.xz'),
  ]);
  assert.equal(status, 0);
  assert.equal(kept.content, 'content');
  assert.deepEqual(kept.parameters, {
    format: 'tar',
    class: 'sysext',
    name: 'tree',
    fileDescriptor: 0,
    bytesTotal: 7,
    readOnly: true,
    allowInteractiveAuthentication: true,
  });
  assert.equal(stderr.trimEnd().split('\n').at(-1), `${imageIsReadyIn('tree')} /var/lib/extensions/tree.`);
});

test('import-fs pushes the directory', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree'));
  writeFileSync(directory.file('tree', 'inside'), '');
  let names: string[] = [];
  const Import: TransferHandlers['Import'] = async (call) => {
    const fd = call.descriptor(0);
    names = readdirSync(`/proc/self/fd/${fd}`);
    closeSync(fd);
    assert.equal(call.parameters.format, 'directory');
    call.reply({ id: 7, result });
  };
  assert.equal((await ferryctl(t, { transfer: { Import } }, ['import-fs', `${directory.file('tree')}/`])).status, 0);
  assert.deepEqual(names, ['inside']);
});

const badImports: [
  argv: (directory: string) => string[],
  message: (directory: string) => string,
  options?: FakeOptions,
][] = [
  [
    (d) => ['import-tar', d, 'x'],
    (d) => `Cannot import '${d}' as an archive or disk image: it is a directory. Use import-fs.`,
  ],
  [
    (d) => ['import-fs', `${d}/file`],
    (d) =>
      `Cannot open '${d}/file': it is not a directory. For an archive use import-tar, for a disk image import-raw.`,
  ],
  [(d) => ['import-raw', `${d}/missing`], (d) => `Cannot open '${d}/missing': ${noSuchFile}.`],
  [() => ['import-tar', '-'], () => nameIsNeeded],
  [
    () => ['import-tar', '-', 'x'],
    () => 'Refusing to read an image from a terminal: give a FILE, or redirect standard input.',
    { stdin: { fd: 0, isTerminal: true } },
  ],
];

for (const [argv, message, options] of badImports) {
  test(`${argv('DIR').join(' ')} is refused without a service`, async (t) => {
    await using directory = temporaryDirectory(t);
    writeFileSync(directory.file('file'), '');
    const outcome = await runWith(fakeProcessContext(options), argv(directory.path));
    assert.deepEqual(outcome, { status: 1, stdout: '', stderr: `${message(directory.path)}\n` });
  });
}

function exporting(text: string, kept: { parameters?: object } = {}): Partial<TransferHandlers> {
  return {
    Export: async (call) => {
      kept.parameters = call.parameters;
      const fd = call.descriptor(0);
      writeSync(fd, text);
      closeSync(fd);
      call.reply({ id: 7, result: { ...result, path: null, bytes: text.length } });
    },
  };
}

const exports: [file: string, format: string[], compression: string | undefined][] = [
  ['x.tar', [], undefined],
  ['x.tar.gz', [], 'gzip'],
  ['x.tgz', [], 'gzip'],
  ['x.txz', [], 'xz'],
  ['x.tzst', [], 'zstd'],
  ['x.tbz2', [], 'bzip2'],
  ['x.tree.zst', [], 'zstd'],
  ['x.xz', ['--format=gzip'], 'gzip'],
  ['x', ['--format=zst'], 'zstd'],
  ['x.xz', ['--format=uncompressed'], 'uncompressed'],
];

for (const [file, format, compression] of exports) {
  test(`export to ${[file, ...format].join(' ')} is compressed with ${compression}`, async (t) => {
    await using directory = temporaryDirectory(t);
    const kept: { parameters?: object } = {};
    const argv = ['export-tar', ...format, 'x', directory.file(file)];
    const { status, stderr } = await ferryctl(t, { transfer: exporting('bytes', kept) }, argv);
    assert.equal(status, 0, stderr);
    assert.equal(Object(kept.parameters).compression, compression);
    assert.deepEqual(readdirSync(directory.path), [file]);
    assert.equal(readFileSync(directory.file(file), 'utf8'), 'bytes');
    assert.equal(stderr.trimEnd().split('\n').at(-1), `Image x is exported to ${directory.file(file)} (5B).`);
  });
}

test('a failed export leaves the old file, and nothing beside it', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'old');
  const handlers: FakeHandlers = {
    transfer: {
      Export: async (call) => {
        const fd = call.descriptor(0);
        writeSync(fd, 'half');
        closeSync(fd);
        throw new VarlinkError('io.ferry.Transfer.NoSuchImage', {
          message: "There is no image 'jamy' of class machine.",
          name: 'jamy',
        });
      },
    },
    image: {
      List: async (call) =>
        call.reply({ images: [{ class: 'machine', name: 'jammy', type: 'raw', path: '/', readOnly: false }] }),
    },
  };
  const { status, stderr } = await ferryctl(t, handlers, ['export-tar', 'jamy', directory.file('x.tar')]);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /Failed to export image 'jamy': There is no image 'jamy' of class machine\. Did you mean jammy\?\n$/,
  );
  assert.deepEqual(readdirSync(directory.path), ['x.tar']);
  assert.equal(readFileSync(directory.file('x.tar'), 'utf8'), 'old');
});

test('an export to a terminal is refused', async () => {
  const { status, stderr } = await runWith(fakeProcessContext({ columns: 80 }), ['export-tar', 'x']);
  assert.equal(status, 1);
  assert.equal(stderr, 'Refusing to write an image to a terminal: give a FILE, or redirect standard output.\n');
});

test('an export to standard output pushes it', async (t) => {
  await using directory = temporaryDirectory(t);
  const fd = openSync(directory.file('out'), 'a');
  t.after(() => closeSync(fd));
  const context = fakeProcessContext();
  const stdout = { ...context.stdout, fd };
  const service = startFakeService(t, { transfer: exporting('bytes') });
  assert.equal(await run([`--address=${service.address}`, '-j', 'export-tar', 'x'], { ...context, stdout }), 0);
  assert.equal(readFileSync(directory.file('out'), 'utf8'), 'bytes');
  assert.equal(context.written.stdout, '');
});

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
    'ID PROGRESS TYPE     CLASS   LOCAL REMOTE\n 2        - pull-tar machine a     -\n 1        - pull-tar machine b     -\n\n2 transfers listed.\n',
  );
  assert.deepEqual(classes, ['machine']);
});

test('cancel-transfer reports each, and fails if one does', async (t) => {
  const Cancel: TransferHandlers['Cancel'] = async (call) => {
    if (call.parameters.id !== 2) return call.reply({});
    throw new VarlinkError('io.ferry.Transfer.NoSuchTransfer', { message: 'There is no transfer 2.', id: 2 });
  };
  const { status, stderr } = await ferryctl(t, { transfer: { Cancel } }, ['cancel-transfer', '1', '2', '3']);
  assert.equal(status, 1);
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
    'PATH      REASON    SIZE\n/v/.raw-x original    2K\n/v/.#y    temporary   1K\n\n2 leftovers would be removed, 3K.\n',
  );
});

const withoutService: [argv: string[], stderr: string][] = [
  [['pull-tar', 'ftp://x'], `'ftp://x' is not a URL to pull from: it ${doesNotBeginWithScheme}`],
  [['--verify=maybe', 'pull-tar', 'u'], `${unknownValue('maybe', '--verify=')} no, checksum or signature.`],
  [['--keep-download=maybe', 'pull-tar', 'u'], cannotReadAsBoolean('maybe', '--keep-download=')],
  [
    ['--class=machin', 'list'],
    `${unknownValue('machin', '--class=')} machine, portable, sysext or confext. Did you mean machine?`,
  ],
  [['-Hhost', 'list'], cannotReachWithout("'host'", 'ssh')],
  [['-H-oProxyCommand=x', 'list'], `'-oProxyCommand=x' ${notHostForOption}`],
  [['-Mfoo', 'list'], noContainerRuns('foo')],
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
  ],
  [['--keyring=', 'pull-tar', 'u'], 'Option --keyring= needs a path.'],
  [['--digest=', 'pull-tar', 'http://h/x'], `Cannot use '' for --digest=: ${digestNotNamed}.`],
  [['--checksum-file=', 'pull-tar', 'http://h/x'], checksumFileUnusable('', checksumFileEmpty)],
  [['rename-image', 'a', 'b/c'], `'b/c' ${cannotBeImageName}: it contains a '/'.`],
  [['complete', 'fruit'], "Nothing is called 'fruit' here: expected images, trees, disks, transfers, containers."],
];

for (const [argv, stderr] of withoutService) {
  test(`${argv.join(' ')} fails in one line, without a service`, async () => {
    const outcome = await runWith(fakeProcessContext({ env: { PATH: '/nonexistent' } }), argv);
    assert.deepEqual(outcome, { status: 1, stdout: '', stderr: `${stderr}\n` });
  });
}

test('a bridge to a terminal is refused', async () => {
  const { status, stderr } = await runWith(fakeProcessContext({ columns: 80 }), ['bridge']);
  assert.deepEqual(
    [status, stderr],
    [1, 'Refusing to speak Varlink with a terminal: bridge is for programs, such as ssh.\n'],
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
