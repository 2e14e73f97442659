import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { needsService, someBytes } from '../../support/service/stage.js';
import { endsEarly, ifTheyBelongThere, isDamaged, otherBytesFollow } from '../../support/texts/formats.js';
import { assertFails, plain, type Scene, setScene } from './fault-scene.js';

interface Fault {
  readonly what: string;
  readonly programs?: readonly string[];
  /** Prepares the case; gives back what follows `ferryctl -q`. */
  readonly parameters: (scene: Scene) => readonly string[];
  /** The object, what was expected, what was found, what to do. */
  status: number;
  readonly says: readonly RegExp[];
  readonly imageRoot?: (t: TestContext) => string;
}
const disk = someBytes(400_000);

/** What people read of each, in full. */
const told = {
  cut: (format: string) => new RegExp(`^Failed to pull the image: The download ${endsEarly('\\d+', format)}\\.\\n$`),
  extended: (format: string) =>
    new RegExp(
      `^Failed to pull the image: ${otherBytesFollow('the download', format, '\\d+')}; ${ifTheyBelongThere}\\.\\n$`,
    ),
  spoiled: (format: string) =>
    new RegExp(
      `^Failed to pull the image: The download ${isDamaged(`its contents contradict ${format} or their own checksum`, '\\d+', format)}\\.\\n$`,
    ),
};

/** A pull of bytes that a program makes of a disk. */
function packed(what: string, program: string, damage: (bytes: Buffer) => Buffer, ...says: RegExp[]): Fault {
  return {
    what,
    programs: [program.split(' ')[0] ?? ''],
    parameters: ({ server, file }) => {
      writeFileSync(file('disk'), disk);
      const bytes = readFileSync(file(shell(`cd "$1"; ${program} <disk >packed; echo packed`, [file('')]).trim()));
      return ['pull-raw', ...plain, server.serve('/x.raw.packed', damage(bytes)), 'x'];
    },
    status: 12,
    says,
  };
}

const cut = (bytes: Buffer) => bytes.subarray(0, -9);
const extended = (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('garbage garbage garbage garbage')]);
const spoiled = (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy.fill(0x5a, 200_000, 200_400);
  return copy;
};

/** A pull of an archive with one hostile entry, which GNU tar makes by renaming. */
function hostile(what: string, transform: string, says: RegExp): Fault {
  return {
    what,
    programs: ['tar'],
    parameters: ({ server, file }) => {
      mkdirSync(file('tree'));
      writeFileSync(file('tree', 'victim'), 'x');
      run('tar', ['-C', file('tree'), '-P', `--transform=s,victim,${transform},`, '-cf', file('x.tar'), 'victim']);
      return ['pull-tar', ...plain, server.serve('/x.tar', readFileSync(file('x.tar'))), 'x'];
    },
    status: 12,
    says: [says],
  };
}

const faults: Fault[] = [
  packed('a gzip stream that is cut', 'gzip -c', cut, told.cut('gzip')),
  packed('a gzip stream with something behind it', 'gzip -c', extended, told.extended('gzip')),
  packed('a gzip stream that is damaged', 'gzip -c', spoiled, told.spoiled('gzip')),
  packed('an xz stream that is cut', 'xz -c', cut, told.cut('xz')),
  packed('an xz stream with something behind it', 'xz -c', extended, told.extended('xz')),
  packed('an xz stream that is damaged', 'xz -c', spoiled, told.spoiled('xz')),
  packed('a zstd stream that is cut', 'zstd -c', cut, told.cut('zstd')),
  packed('a zstd stream with something behind it', 'zstd -c', extended, told.extended('zstd')),
  packed('a zstd stream that is damaged', 'zstd -c', spoiled, told.spoiled('zstd')),
  packed('a bzip2 stream that is cut', 'bzip2 -c', cut, told.cut('bzip2')),
  packed('a bzip2 stream with something behind it', 'bzip2 -c', extended, told.extended('bzip2')),
  packed('a bzip2 stream that is damaged', 'bzip2 -c', spoiled, told.spoiled('bzip2')),
  {
    what: 'a zstd stream that needs more memory than is allowed',
    status: 11,
    programs: ['zstd'],
    parameters: ({ server, file }) => {
      writeFileSync(file('disk'), '');
      truncateSync(file('disk'), 300 * 1024 * 1024);
      run('zstd', ['-q', '--ultra', '--long=30', '-1', file('disk'), '-o', file('disk.zst')]);
      return ['pull-raw', ...plain, server.serve('/x.raw.zst', readFileSync(file('disk.zst'))), 'x'];
    },
    says: [/window|memory/i, /128 MiB|134217728/],
  },
  {
    what: 'a disk that is larger than is allowed',
    status: 11,
    parameters: ({ server }) => ['pull-raw', ...plain, '--size-max=100000', server.serve('/x.raw', disk), 'x'],
    says: [/100000|97/, /--size-max/],
  },
  {
    what: 'a tree that is larger than is allowed',
    status: 11,
    programs: ['tar'],
    parameters: ({ server, file }) => {
      writeFileSync(file('content'), disk);
      run('tar', ['-C', file(''), '-cf', file('x.tar'), 'content']);
      return ['pull-tar', ...plain, '--size-max=100000', server.serve('/x.tar', readFileSync(file('x.tar'))), 'x'];
    },
    says: [/100000|97/, /--size-max/],
  },
  {
    what: 'a qcow2 image that is damaged',
    status: 12,
    programs: ['qemu-img'],
    parameters: ({ server, file }) => {
      run('qemu-img', ['create', '-q', '-f', 'qcow2', file('x.qcow2'), '64M']);
      const bytes = readFileSync(file('x.qcow2'));
      // The offset of the L1 table, at byte 40, points beyond the end.
      bytes.writeBigUInt64BE(0x7000_0000_0000_0000n, 40);
      return ['pull-raw', ...plain, server.serve('/x.qcow2', bytes), 'x'];
    },
    says: [/qcow2/i],
  },
  {
    what: 'a connection that is cut again and again',
    status: 7,
    parameters: ({ server }) => ['pull-raw', ...plain, server.serve('/x.raw', disk, { cutEvery: 1000 }), 'x'],
    says: [/x\.raw/, /closed|cut|broke|bytes/i],
  },
  {
    what: 'redirects without end',
    status: 7,
    parameters: ({ server }) => ['pull-raw', ...plain, server.serve('/x.raw', '', { redirect: '/x.raw' }), 'x'],
    says: [/x\.raw/, /redirect/i],
  },
  {
    what: 'a redirect to a file of the host',
    status: 7,
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      server.serve('/x.raw', '', { redirect: 'file:///etc/shadow' }),
      'x',
    ],
    says: [/redirect/i, /file:/],
  },
  {
    what: 'an error of the server',
    status: 7,
    parameters: ({ server }) => ['pull-raw', ...plain, server.serve('/x.raw', disk, { status: 403 }), 'x'],
    says: [/x\.raw/, /403/],
  },
  hostile('an archive that climbs out', '../../climbed', /\.\.\/\.\.\/climbed/),
  {
    what: 'a disk image of that name',
    status: 4,
    parameters: ({ server, host }) => {
      writeFileSync(join(host.imageRoot, 'x.raw'), 'precious');
      return ['pull-raw', ...plain, server.serve('/x.raw', disk), 'x'];
    },
    says: [/x/, /exists|there is/i, /--force/],
  },
  {
    what: 'a tree of that name, for a disk image',
    status: 4,
    parameters: ({ server, host }) => {
      mkdirSync(join(host.imageRoot, 'x'));
      return ['pull-raw', ...plain, server.serve('/x.raw', disk), 'x'];
    },
    says: [/x/, /exists|there is/i, /--force/],
  },
  {
    what: 'a file: URL of nothing',
    status: 7,
    parameters: ({ file }) => ['pull-raw', ...plain, `file://${file('missing.raw')}`, 'x'],
    says: [/missing\.raw/, /regular file|no such|is not a file/i],
  },
  {
    what: 'a file: URL of a symbolic link',
    status: 7,
    parameters: ({ file }) => {
      symlinkSync('/etc/passwd', file('link.raw'));
      return ['pull-raw', ...plain, `file://${file('link.raw')}`, 'x'];
    },
    says: [/link\.raw/, /symbolic link/],
  },
  {
    what: 'a file: URL of a file that is cut',
    status: 12,
    programs: ['gzip'],
    parameters: ({ release, file }) => {
      writeFileSync(file('x.raw.gz'), cut(readFileSync(join(release.path, 'tiny.raw.gz'))));
      return ['pull-raw', ...plain, `file://${file('x.raw.gz')}`, 'x'];
    },
    says: [/gzip/i, /ends|truncated|cut/i],
  },
];

for (const { what, programs = [], status, parameters, says } of faults) {
  test(`${what} is told in one line, and changes nothing`, async (t) => {
    if (!needsService(t, ...programs)) return;
    const scene = await setScene(t);
    await assertFails(scene, status, parameters(scene), says);
  });
}
