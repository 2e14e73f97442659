import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilesystemType, filesystemNeeds } from '../../support/images/filesystems.js';
import { like } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { fileSystemFull, inputOutputError } from '../../support/texts/common.js';
import { couldNotBeWritten } from '../../support/texts/formats.js';
import { processOfTransfer } from '../../support/texts/transfers.js';
import { type Export, type ExportOutcome, ExportSweep, exportsOfAllKinds, type Process } from './exports.js';
import type { SeenCall } from './injection.js';
import { assertNextStartCleans, spread } from './works.js';

interface Row {
  readonly filesystem: FilesystemType;
  readonly wish: Export;
  /** What calls fail with: those that write the target, and of a disk that is broken those that read the image, too. */
  readonly error: 'ENOSPC' | 'EIO';
}

const { disk, ociTree, packedDisk, packedTree, remoteDisk, remoteOciTree, tree } = exportsOfAllKinds;

const rows: Row[] = [
  { filesystem: 'ext4', wish: disk, error: 'ENOSPC' },
  { filesystem: 'ext4', wish: packedTree, error: 'EIO' },
  { filesystem: 'ext4', wish: remoteDisk, error: 'ENOSPC' },
  { filesystem: 'btrfs', wish: disk, error: 'EIO' },
  { filesystem: 'btrfs', wish: packedDisk, error: 'ENOSPC' },
  { filesystem: 'btrfs', wish: tree, error: 'EIO' },
  { filesystem: 'ext4', wish: ociTree, error: 'ENOSPC' },
  { filesystem: 'btrfs', wish: remoteOciTree, error: 'EIO' },
  { filesystem: 'ext4', wish: remoteOciTree, error: 'ENOSPC' },
];

const writing = /^((write|pwrite64|copy_file_range|ftruncate|fsync)\(|ioctl.*CLONE|rename\().*(\.#target|images\/#)/;
const reading = /^(openat|pread64|getdents64)\(.*images\//;

const messages = {
  ENOSPC: [
    like`^Failed to export image '\w+': (The exported image|The temporary file of the layer) ${couldNotBeWritten(fileSystemFull, 'N', 'make room')}\.$`,
    like`^Cannot (write|complete) 'TARGET': ${fileSystemFull} \(N bytes available\)\.$`,
  ],
  EIO: [
    like`^Failed to export image '\w+': (The exported image|The temporary file of the layer|ROOT\S+): ${inputOutputError} \(\w+: EIO\)\.$`,
    like`^Failed to export image '\w+': Cannot read '\S+': \w+ failed with EIO, ${inputOutputError}\.$`,
    like`^Cannot (write|complete) 'TARGET': ${inputOutputError}\.$`,
  ],
};

function killed(process: Process, image: string): string {
  if (process === 'ferryctl') return 'SIGKILL';
  return `Failed to export image '${image}': ${processOfTransfer(process)} ended unexpectedly, by SIGKILL; what was exported is not complete, the transfer can be repeated.`;
}

/** That the target is the old one or a whole new one, and nothing else has changed. */
function assertWhole({ target, left, beside, imageIsWhole, log }: ExportOutcome, process: Process, says: string): void {
  assert.notEqual(target, 'neither', says);
  assert.ok(imageIsWhole, says);
  assert.deepEqual(left, [], says);
  // A client that is killed leaves its own temporary file, and the next one removes it.
  assert.ok(beside.length <= (process === 'ferryctl' ? 1 : 0), says);
  assert.doesNotMatch(log, /\bat .*\.js:\d+|made a mistake/, says);
}

async function killEach(sweep: ExportSweep, process: Process, image: string, calls: readonly SeenCall[]) {
  for (const call of calls) {
    const outcome = await sweep.meet(process, call, 'signal=SIGKILL');
    const says = JSON.stringify({ call, outcome }, null, 1);
    assertWhole(outcome, process, says);
    // A worker that has said that all is done may end as it likes, and a client that has renamed has done its work.
    if (outcome.target === 'new') assert.ok(outcome.message === null || process === 'ferryctl', says);
    else assert.equal(outcome.message, killed(process, image), says);
  }
  tally('kill points of export', calls.length);
}

async function failEach(sweep: ExportSweep, process: Process, error: Row['error'], calls: readonly SeenCall[]) {
  let met = 0;
  for (const call of calls) {
    const outcome = await sweep.meet(process, call, `error=${error}`);
    const { message, target } = outcome;
    const says = JSON.stringify({ call, outcome }, null, 1);
    assertWhole(outcome, process, says);
    assert.equal(target, message === null ? 'new' : 'old', says);
    if (message === null) continue;
    assert.ok(
      messages[error].some((form) => form.test(message)),
      says,
    );
    met += 1;
  }
  tally('faults injected', met);
  return met;
}

for (const { filesystem, wish, error } of rows) {
  test(`${wish.what} on ${filesystem}: a kill or ${error} at any call leaves the old file or a whole new one`, async (t) => {
    if (!needsService(t, 'strace', 'setfattr', 'tar', 'socat') || !needs(t, filesystemNeeds(filesystem))) return;
    const sweep = await ExportSweep.begin(t, filesystem, wish);
    let [met, failing] = [0, 0];
    for (const [process, calls] of sweep.calls) {
      const killing = calls.filter(({ line }) => process !== 'ferryctl' || /\.#target|^fsync/.test(line));
      await killEach(sweep, process, wish.image, spread(killing, 3));
      const wanted = calls.filter(({ line }) => writing.test(line) || (error === 'EIO' && reading.test(line)));
      const chosen = spread(wanted, 3);
      met += await failEach(sweep, process, error, chosen);
      failing += chosen.length;
    }
    // Which call reads or writes the last bytes depends on how they came.
    assert.ok(met * 2 >= failing, `${met} of ${failing} errors were met`);
    const { message, target, beside } = await sweep.again();
    assert.deepEqual({ message, target, beside }, { message: null, target: 'new', beside: [] });
    await assertNextStartCleans(t, sweep.scene);
  });
}
