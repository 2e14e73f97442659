import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../support/command.js';
import { mountedFilesystem } from '../support/images/filesystems.js';
import { nginx } from '../support/servers/nginx.js';
import { ferryHost } from '../support/service/ferry-host.js';
import { temporaryDirectory } from '../support/temporary.js';
import { measure } from './sides.js';
import { Sources } from './sources.js';

// Measures how cost grows with entries, size and transfers at once: see docs/benchmarks.md.

const { values } = parseArgs({
  options: {
    'entries-max': { type: 'string', default: '1000000' },
    'size-max': { type: 'string', default: '8' },
    part: { type: 'string' },
  },
});
// What is set here must not be measured, as in measure.py.
delete process.env['NODE_EXTRA_CA_CERTS'];
const place = temporaryDirectory();
const block = 512;
const filesInDirectory = 1000;

/** The header of an empty file or a directory, in the ustar format. */
function header(name: string, type: '0' | '5'): Buffer {
  const bytes = Buffer.alloc(block);
  const fields: [number, string][] = [
    [0, name],
    [100, '0000644\0'],
    [108, '0000000\0'],
    [116, '0000000\0'],
    [124, '00000000000\0'],
    [136, '14000000000\0'],
    [148, '        '],
    [156, type],
    [257, 'ustar\x0000'],
  ];
  for (const [offset, text] of fields) bytes.write(text, offset, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** An archive of so many empty files, in directories of a thousand. */
function archive(entries: number): string {
  const path = place.file('archive.tar');
  const descriptor = openSync(path, 'w');
  for (let first = 0; first < entries; first += filesInDirectory) {
    const count = Math.min(filesInDirectory, entries - first);
    const directory = `d${first / filesInDirectory}`;
    const files = Array.from({ length: count }, (_, index) => header(`${directory}/file${index}`, '0'));
    writeSync(descriptor, Buffer.concat([header(`${directory}/`, '5'), ...files]));
  }
  writeSync(descriptor, Buffer.alloc(2 * block));
  closeSync(descriptor);
  return path;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Has inodes for all entries. */
const roomMiB = 24 * 1024;

/**
 * Without synchronising: what the disk does with a million files is not Ferry's doing. On an ext4 made anew: one that files were just
 * removed from looks long for free inodes.
 */
async function growWithEntries(): Promise<void> {
  await using images = mountedFilesystem(undefined, 'ext4', roomMiB);
  await using host = await ferryHost(undefined, { environment: { SYSTEMD_IMPORT_SYNC: '0' } });
  const take = async (entries: number) => {
    const path = archive(entries);
    return seconds(async () => {
      const { status, stderr } = await host.ferryctl([
        `--image-root=${images.path}`,
        'import-tar',
        path,
        `entries-${entries}`,
      ]);
      if (status !== 0) throw new Error(stderr);
    });
  };
  await take(2);
  const nothing = await take(1);
  console.log(`import-tar of one entry takes ${nothing.toFixed(2)} s; beyond that:`);
  for (let entries = 1000; entries <= Number(values['entries-max']); entries *= 10) {
    const each = ((await take(entries)) - nothing) / entries;
    console.log(`${String(entries).padStart(9)} entries: ${(each * 1e6).toFixed(1)} microseconds each`);
  }
}

async function growWithTransfers(): Promise<void> {
  const size = 16 * 1024 * 1024;
  const served = place.file('served');
  mkdirSync(served);
  writeFileSync(join(served, 'disk.raw'), Buffer.alloc(size, 'some data, and no zeros'));
  await using server = await nginx(undefined, served);
  await using host = await ferryHost(undefined);
  const total = 64;
  for (const atOnce of [4, 64]) {
    let next = 0;
    const one = async () => {
      for (let index = next++; index < total; index = next++) {
        const options = ['--verify=no', '--keep-download=no', '--quiet'];
        const name = `at-once-${atOnce}-${index}`;
        const { status, stderr } = await host.ferryctl([...options, 'pull-raw', `${server.url}/disk.raw`, name]);
        if (status !== 0) throw new Error(stderr);
      }
    };
    const taken = await seconds(() => Promise.all(Array.from({ length: atOnce }, one)));
    const rate = (total * size) / taken / 1024 / 1024;
    console.log(`${total} pulls of 16 MiB, ${atOnce} at once: ${taken.toFixed(1)} s, ${rate.toFixed(0)} MiB/s`);
  }
}

async function growWithSize(): Promise<void> {
  const files = place.file('disks');
  mkdirSync(files);
  await using server = await nginx(undefined, files);
  for (let gibibytes = 1; gibibytes <= Number(values['size-max']); gibibytes *= 2) {
    const file = `${gibibytes}.raw`;
    const descriptor = openSync(join(files, file), 'w');
    ftruncateSync(descriptor, gibibytes * 1024 ** 3);
    closeSync(descriptor);
    writeFileSync(join(files, 'SHA256SUMS'), run('sha256sum', [file], { cwd: files }));
    const directory = place.file(`run-${gibibytes}`);
    mkdirSync(directory);
    const { totalBytes, cpuSeconds } = measure('ferry', {
      work: { kind: 'pull', format: 'raw', file },
      url: server.url,
      files,
      sources: new Sources(files, files),
      directory,
      peerLibraries: false,
      sampleMemory: true,
    });
    const memory = (totalBytes / 1024 / 1024).toFixed(0);
    console.log(
      `pull of ${gibibytes} GiB: ${memory} MiB in all processes, ${cpuSeconds.toFixed(1)} s of processor time`,
    );
  }
}

const parts = { entries: growWithEntries, transfers: growWithTransfers, size: growWithSize };
for (const [name, measurePart] of Object.entries(parts)) {
  if (values.part === undefined || values.part === name) await measurePart();
}
