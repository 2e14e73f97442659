import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type PullParameters, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../varlink/error.js';
import { noise } from '../../corpus/tar.js';
import { listing } from '../../support/files.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { needsService, type Stage, setStage } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { makesImageAlready } from '../../support/texts/transfers.js';

/** Milliseconds by which the second call comes later: from the same moment to when the first may have ended. */
const offsets = [0, 0, 1, 2, 5, 20, 80, 200, 400, 800];
const [one, two] = [noise(256 * 1024, 1), noise(256 * 1024, 2)];

/** Pulls over a connection of its own. Null: it succeeded; else the error. */
async function pullLater(stage: Stage, parameters: PullParameters, milliseconds: number): Promise<VarlinkError | null> {
  const transfers = new TransferClient(await stage.connect());
  await pause(milliseconds);
  try {
    await transfers.pull(parameters);
    return null;
  } catch (error) {
    if (error instanceof VarlinkError) return error;
    throw error;
  }
}

/** One name, two sources: one image, and a clear word to the other. */
async function raceForName(stage: Stage, server: FaultServer, index: number, offset: number): Promise<void> {
  const name = `name${index}`;
  const [a, b] = [server.serve(`/one${index}.raw`, one), server.serve(`/two${index}.raw`, two)];
  const errors = await Promise.all([
    pullLater(stage, stage.pull(a, name), 0),
    pullLater(stage, stage.pull(b, name), offset),
  ]);
  const [error, ...others] = errors.filter((each) => each !== null);
  assert.ok(error !== undefined && others.length === 0, `${errors.map(String)}`);
  const image = readFileSync(join(stage.host.imageRoot, `${name}.raw`));
  assert.ok(image.equals(errors[0] === null ? one : two), 'the image is not that of the call which succeeded');
  const path = join(stage.host.imageRoot, `${name}.raw`);
  const says = [
    makesImageAlready(String(error.parameters['id']), name),
    `The image '${name}' exists already: ${path}. Give another name, or replace it with --force`,
  ];
  assert.match(error.name, /^io\.ferry\.Transfer\.(TransferInProgress|ImageExists)$/);
  assert.ok(says.includes(String(error.parameters['message'])), String(error.parameters['message']));
}

/** One URL, two names, both keep the download: it is made once. */
async function raceForUrl(stage: Stage, server: FaultServer, index: number, offset: number): Promise<void> {
  const path = `/both${index}.raw`;
  const url = server.serve(path, one);
  const wish = { keepDownload: true };
  const names = [`left${index}`, `right${index}`] as const;
  const errors = await Promise.all([
    pullLater(stage, stage.pull(url, names[0], wish), 0),
    pullLater(stage, stage.pull(url, names[1], wish), offset),
  ]);
  assert.deepEqual(errors, [null, null]);
  for (const name of names) assert.ok(readFileSync(join(stage.host.imageRoot, `${name}.raw`)).equals(one), name);
  const statuses = server.requests.filter(({ url: asked }) => asked === path).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 304]);
}

for (const type of ['ext4', 'btrfs'] satisfies FilesystemType[])
  test(`two callers at once for one name, and for one URL, on ${type}`, async (t) => {
    if (!needsService(t) || !needs(t, filesystemNeeds(type))) return;
    const { path } = mountedFilesystem(t, type, 128);
    rmSync(join(path, 'lost+found'), { recursive: true, force: true });
    const stage = await setStage(t, { imageRoot: path });
    await using server = await FaultServer.start();
    for (const [index, offset] of offsets.entries()) {
      await Promise.all([raceForName(stage, server, index, offset), raceForUrl(stage, server, index, offset)]);
      tally('faults injected', 2);
    }
    const names = listing(path).filter((name) => !name.startsWith('.raw-'));
    const wanted = offsets.flatMap((_, index) => [`name${index}.raw`, `left${index}.raw`, `right${index}.raw`]);
    assert.deepEqual(names, wanted.sort());
  });
