import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilesystemType, filesystemNeeds } from '../../support/images/filesystems.js';
import { like, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import {
  fileSystemFull,
  fileSystemReadOnly,
  inputOutputError,
  quotaUsedUp,
  tooManyOpenFiles,
} from '../../support/texts/common.js';
import { attributeTooLarge, couldNotBeWritten, noSpaceFor, rootOfImage } from '../../support/texts/formats.js';
import { completeButMayBeUndone, noRoomFor } from '../../support/texts/images.js';
import { assertNextStartCleans, changing, type Outcome, Sweep, setScene, spread, type Work } from './works.js';

/** Calls of a disk that is broken, when reading too. */
export const touching = new RegExp(`${changing.source}|^(getdents64|p?read(64)?|ioctl|statx|newfstatat)\\(`);
/** To the service, which is no file system; how often depends on the time that all takes. */
const speaking = /^write\(\d+<(socket|pipe)/;
export const opening = /^openat2?\(/;
/** What a file system that can only be read refuses; not write(2), which also speaks to the service. */
export const making =
  /^(mkdirat|mknodat|symlinkat|linkat|unlinkat|fsetxattr|renameat2|f?chmod(at)?|fchown(at)?|utimensat)\(|^openat.*O_CREAT/;

/** A work, and the error that its calls meet. */
export interface Row {
  readonly filesystem: FilesystemType;
  readonly error: string;
  readonly work: Work;
  readonly calls: RegExp;
  /** Whether the call fails once only, or all calls of its name from there on. */
  readonly times: '' | '+';
  /** How many temporary names a file system keeps that can only be read; 1 by default. */
  readonly leftMax?: number;
}

/** What each is called where the message is about a path. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: fileSystemFull,
  EIO: inputOutputError,
  EDQUOT: quotaUsedUp,
  EROFS: fileSystemReadOnly,
  EMFILE: tooManyOpenFiles,
};

const entry = `('.+'|${rootOfImage})`;
const fullDisk = [
  like`^The file system is full \(\d+ ${noRoomFor(re(/(ROOT(\/\S+)?|\/run\/systemd\/nspawn\/locks)/), 'Make room')}$`,
  like`^(The image|ROOT) ${couldNotBeWritten(fileSystemFull, re(/\d+/), 'make room')}$`,
  new RegExp(`^The file system is full: ${noSpaceFor(entry, '\\d+')}$`),
  new RegExp(`^Cannot write ${entry}: setxattr failed with ENOSPC, ${attributeTooLarge}$`),
];
const usedUpQuota = [
  like`^The disk quota is used up \(\d+ ${noRoomFor(re(/(ROOT(\/\S+)?|\/run\/systemd\/nspawn\/locks)/), 'Make room')}$`,
  like`^(The image|ROOT) ${couldNotBeWritten(quotaUsedUp, re(/\d+/), 'make room')}$`,
  new RegExp(`^The disk quota is used up: ${noSpaceFor(entry, '\\d+')}$`),
];

/** What people read, in full: where it failed, why, and by which call. */
function forms({ error }: Row): RegExp[] {
  const reason = reasons[error];
  const call = `\\([\\w ]+: ${error}\\)`;
  const named = new RegExp(`^ROOT/\\S+ ${completeButMayBeUndone}: ${reason} ${call}$`);
  if (error === 'ENOSPC') return [named, ...fullDisk];
  if (error === 'EDQUOT') return [named, ...usedUpQuota];
  const unpacking = `Cannot (read|write) ${entry}: \\w+ failed with ${error}, (${reason}|${inputOutputError}|${fileSystemReadOnly})`;
  const place = '(ROOT(/\\S+)?|/run/systemd/nspawn/locks)';
  return [named, new RegExp(`^${place}: ${reason} ${call}$`), new RegExp(`^${unpacking}$`)];
}

/** That message, image, leftovers and log agree with each other. */
function assertHonest(outcome: Outcome, row: Row): void {
  const { message, image, left, log, met } = outcome;
  const says = JSON.stringify(outcome, null, 1);
  if (message !== null)
    assert.ok(
      forms(row).some((form) => form.test(message)),
      says,
    );
  const isNamed = message === null || /^ROOT\/x.* has its name/.test(message);
  assert.equal(image, isNamed ? 'new' : 'old', says);
  const maySay = /is left for the next cleaning|has its name, but what follows failed/;
  // Of a file system that can only be read nothing can be removed.
  assert.ok(
    left === 0 || maySay.test(log) || /^unlink/.test(met) || (row.times === '+' && left <= (row.leftMax ?? 1)),
    says,
  );
  assert.doesNotMatch(log, /\bat .*\.js:\d+|made a mistake/, says);
}

/** One test for each row. */
export function testErrors(rows: readonly Row[]): void {
  for (const row of rows) testError(row);
}

function testError(row: Row): void {
  const { filesystem, error, calls, work, times } = row;
  test(`${work.what} on ${filesystem}: ${error} at any call is told, and the name keeps a whole image`, async (t) => {
    if (!needsService(t, 'strace', 'setfattr', 'tar') || !needs(t, filesystemNeeds(filesystem))) return;
    const scene = await setScene(t, filesystem);
    const sweep = await Sweep.begin(scene, work);
    const chosen = spread(
      sweep.calls.filter(({ line }) => calls.test(line) && !speaking.test(line)),
      24,
    );
    let met = 0;
    for (const call of chosen) {
      const outcome = await sweep.meet(call, `error=${error}`, times);
      // Which call it is that sees the end of a pipe depends on how the bytes came.
      if (outcome.met === '' || speaking.test(outcome.met)) continue;
      assertHonest(outcome, row);
      met += 1;
    }
    assert.ok(met > 5 && met > chosen.length * 0.8, `${met} of ${chosen.length} calls`);
    await assertNextStartCleans(t, scene);
    tally('faults injected', met);
  });
}
