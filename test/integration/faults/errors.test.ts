import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilesystemType, filesystemNeeds } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { assertNextStartCleans, changing, type Outcome, Sweep, setScene, spread, type Work, works } from './works.js';

/** Calls of a disk that is broken, when reading too. */
const touching = new RegExp(`${changing.source}|^(getdents64|p?read(64)?|ioctl|statx|newfstatat)\\(`);
/** To the service, which is no file system; how often depends on the time that all takes. */
const speaking = /^write\(\d+<(socket|pipe)/;
const opening = /^openat2?\(/;
/** What a file system that can only be read refuses; not write(2), which also speaks to the service. */
const making =
  /^(mkdirat|mknodat|symlinkat|linkat|unlinkat|fsetxattr|renameat2|f?chmod(at)?|fchown(at)?|utimensat)\(|^openat.*O_CREAT/;

interface Row {
  readonly filesystem: FilesystemType;
  readonly error: string;
  readonly work: Work;
  readonly calls: RegExp;
  /** Whether the call fails once only, or all calls of its name from there on. */
  readonly times: '' | '+';
}

const { importRaw, importTar, importTree, pullRaw, pullRawOnly, pullTar } = works;

const rows: Row[] = [
  { filesystem: 'ext4', error: 'ENOSPC', work: importRaw, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: importTar, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: importTree, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: pullRaw, calls: changing, times: '' },
  { filesystem: 'btrfs', error: 'ENOSPC', work: importTar, calls: changing, times: '' },
  { filesystem: 'btrfs', error: 'ENOSPC', work: pullRaw, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'EIO', work: importTar, calls: touching, times: '' },
  { filesystem: 'ext4', error: 'EIO', work: pullRaw, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: importRaw, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: importTree, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: pullTar, calls: touching, times: '' },
  { filesystem: 'ext4', error: 'EDQUOT', work: pullRawOnly, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'EROFS', work: importTree, calls: making, times: '+' },
  { filesystem: 'ext4', error: 'EMFILE', work: importTree, calls: opening, times: '' },
];

/** What each is called where the message is about a path. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the file system is full',
  EIO: 'the disk reports an input/output error',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
};

const entry = "('.+'|the root of the image)";
const fullDisk = [
  /^The file system is full \(\d+ bytes available\): (ROOT(\/\S+)?|\/run\/systemd\/nspawn\/locks) could not be written\. Make room and try again$/,
  /^(The image|ROOT) could not be written, the file system is full \(\d+ bytes available\): make room and try again$/,
  new RegExp(`^The file system is full: no space for ${entry}, \\d+ bytes are available$`),
  new RegExp(`^Cannot write ${entry}: setxattr failed with ENOSPC, the attribute is too large$`),
];
const usedUpQuota = [
  /^The disk quota is used up \(\d+ bytes available\): (ROOT(\/\S+)?|\/run\/systemd\/nspawn\/locks) could not be written\. Make room and try again$/,
  /^(The image|ROOT) could not be written, the disk quota is used up \(\d+ bytes available\): make room and try again$/,
  new RegExp(`^The disk quota is used up: no space for ${entry}, \\d+ bytes are available$`),
];

/** What people read, in full: where it failed, why, and by which call. */
function forms({ error }: Row): RegExp[] {
  const reason = reasons[error];
  const call = `\\([\\w ]+: ${error}\\)`;
  const named = new RegExp(
    `^ROOT/\\S+ is complete and has its name, but what follows failed, and a crash may undo it: ${reason} ${call}$`,
  );
  if (error === 'ENOSPC') return [named, ...fullDisk];
  if (error === 'EDQUOT') return [named, ...usedUpQuota];
  const unpacking = `Cannot (read|write) ${entry}: \\w+ failed with ${error}, (${reason}|the disk reports an input/output error|the file system is read-only)`;
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
  assert.ok(left === 0 || maySay.test(log) || /^unlink/.test(met) || (row.times === '+' && left === 1), says);
  assert.doesNotMatch(log, /\bat .*\.js:\d+|made a mistake/, says);
}

for (const row of rows) {
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
