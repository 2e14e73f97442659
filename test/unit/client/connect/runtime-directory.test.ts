import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { checkDirectory, userAddress } from '../../../../client/connect/address.js';
import { like } from '../../../support/like.js';
import { needs } from '../../../support/needs.js';
import { belongsToUser, modeGivesOthersRights, removeItOrSetRuntimeDirectory } from '../../../support/texts/client.js';
import { noSuchFile, tooManyLinks } from '../../../support/texts/common.js';
import { list, listed, ownUser, place, placeOfUser, systemSocket } from './fake-places.js';

test('with --system, and as importctl, others than root use that of the system', async (t) => {
  for (const [options, programName] of [
    [['--system'], 'ferryctl'],
    [[], 'importctl'],
  ] as const) {
    const here = placeOfUser(t);
    systemSocket(t, here, true);
    assert.deepEqual(await list({ ...here, context: { ...here.context, programName } }, ...options), listed);
  }
});

test('--system never means another one', async (t) => {
  const here = place(t, 'ready', { userId: 4711 });
  const path = here.directory.file('run', 'ferry', 'io.ferry.Transfer');
  const stderr = `No service listens on '${path}': start ferry.socket as root, or use --user.\n`;
  assert.deepEqual(await list(here, '--system'), { status: 13, stdout: '', stderr });
});

test('without a runtime directory one is made that nobody else can enter', async (t) => {
  const here = place(t, 'ready');
  const environment = { ...here.context.environment, runtimeDirectory: '' };
  const context = { ...here.context, environment };
  assert.deepEqual(await list({ ...here, context }, '--user'), listed);
  assert.equal(statSync(here.directory.file('tmp', `ferry-${ownUser}`)).mode & 0o777, 0o700);
});

const traps: [name: string, make: (path: string, directory: string) => void, problem: string][] = [
  [
    'open to others',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
    },
    modeGivesOthersRights(755),
  ],
  ['a symbolic link', (path, directory) => symlinkSync(directory, path), 'it is not a directory'],
  ['a file', (path) => writeFileSync(path, ''), 'it is not a directory'],
];

for (const [name, make, problem] of traps) {
  test(`such a directory is refused if it is ${name}`, async (t) => {
    const here = place(t, 'ready');
    const trap = here.directory.file('tmp', `ferry-${ownUser}`);
    make(trap, here.directory.file('user'));
    const environment = { ...here.context.environment, runtimeDirectory: '' };
    const context = { ...here.context, environment };
    const { status, stderr } = await list({ ...here, context }, '--user');
    assert.equal(status, 13);
    assert.equal(stderr, `Cannot use '${trap}': ${problem}; ${removeItOrSetRuntimeDirectory}\n`);
  });
}

/** What is in the way of a service of one's own, by what `user/ferry` is. */
const obstacles: [name: string, make: (ferry: string) => void, says: (ferry: string) => string][] = [
  [
    'a socket that cannot be one',
    (ferry) => {
      mkdirSync(ferry);
      symlinkSync('io.ferry.Transfer', `${ferry}/io.ferry.Transfer`);
    },
    (ferry) => `Cannot connect to the service at '${ferry}/io.ferry.Transfer': ${tooManyLinks}.`,
  ],
  [
    'a directory in a directory that is not there',
    (ferry) => rmdirSync(dirname(ferry)),
    (ferry) => `Cannot make the directory '${ferry}' for the service's socket: ${noSuchFile}.`,
  ],
  [
    'a log that is a directory',
    (ferry) => mkdirSync(`${ferry}/service.log`, { recursive: true }),
    (ferry) => `Cannot write the service's log '${ferry}/service.log': it is a directory.`,
  ],
];

for (const [name, make, says] of obstacles) {
  test(`${name} is named, with the reason`, async (t) => {
    const here = place(t, 'ready');
    const ferry = here.directory.file('user', 'ferry');
    make(ferry);
    assert.deepEqual(await list(here, '--user'), { status: 13, stdout: '', stderr: `${says(ferry)}\n` });
  });
}

for (const [mode, reason] of [
  ['busy-for-ever', 'Another service holds the lock there, but does not answer'],
  ['deaf', 'It does not answer'],
] as const) {
  test(`a service that was started and does not listen (${mode}) is an error that says where`, async (t) => {
    const here = place(t, mode);
    // The client gives up at once.
    let now = 0;
    const context = { ...here.context, now: () => (now += 6_000) };
    const { status, stderr } = await list({ ...here, context }, '--user');
    const path = here.directory.file('user', 'ferry', 'io.ferry.Transfer');
    assert.equal(stderr, `Cannot connect to the service started at '${path}': ${reason}.\n`);
    assert.equal(status, 13);
  });
}

test("such a directory is refused if it is somebody else's", (t) => {
  if (!needs(t, { root: true })) return;
  const { directory } = place(t, 'ready');
  mkdirSync(directory.file('tmp', 'ferry-4711'), { mode: 0o700 });
  const address = userAddress({
    environment: { runtimeDirectory: '' },
    userId: 4711,
    runtimeDirectory: '/run',
    temporaryDirectory: directory.file('tmp'),
  });
  assert.throws(() => checkDirectory(address, 4711), { message: like`${belongsToUser(0)} 4711` });
});
