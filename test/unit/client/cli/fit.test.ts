import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from '../../../../client/cli/argv.js';
import { optionTable } from '../../../../client/cli/option-table.js';
import { run } from '../../../../client/cli/run.js';
import { verbTable } from '../../../../client/cli/verbs.js';
import { foreignFormat } from '../../../../client/transfer/compression.js';
import { like, re } from '../../../support/like.js';
import { notWrittenAs, onlyTheseTakeIt } from '../../../support/texts/client.js';
import { fakeProcessContext } from '../support/process-context.js';
import { commands } from './command-lines.js';

const all = Object.keys(commands);
const [pulls, imports, exports] = ['pull-', 'import-', 'export-'].map((start) =>
  all.filter((name) => name.startsWith(start)),
) as [string[], string[], string[]];
const withRoot = all.filter((name) => !/-transfers?$|^(trust|history)$/.test(name));

/** They download files that have checksum files and signatures. */
const files = ['pull-tar', 'pull-raw'];

/** An option in each of its spellings, and who takes it. */
const table: [spellings: string[], verbs: readonly string[]][] = [
  [['--no-pager', '--pager=yes', '--no-legend', '--legend', '--no-ask-password', '--ask-password=no'], all],
  [['-q', '--quiet', '--json=short', '-j', '-Hhost', '--host=host', '-Mcontainer', '--machine=x', '--address=/s'], all],
  [['--system', '--user'], all],
  [['-m', '-P', '-S', '-C', '--class=sysext'], all.filter((name) => name !== 'cancel-transfer' && name !== 'trust')],
  [['--image-root=/x'], withRoot],
  [
    ['--verify=no', '--verify=checksum', '--verify=signature'],
    [...files, 'pull-oci', 'trust'],
  ],
  [['--checksum-file=SUMS'], [...files, 'verify']],
  [['--keyring=/k'], [...files, 'pull-oci', 'verify']],
  [['--digest=sha256:0', '--keep-download=yes', '-N'], files],
  [['--layout=tree'], ['pull-oci', 'import-oci']],
  [['--platform=linux/arm64'], ['pull-tar', 'pull-raw', 'pull-oci', 'import-oci']],
  [['--authfile=/a'], ['pull-tar', 'pull-raw', 'pull-oci', 'push-oci']],
  [['--mount-from=x'], ['push-oci']],
  [['--tag=1'], ['import-oci']],
  [['--online'], ['verify']],
  [
    ['--limit-rate=1M', '--no-resume', '--resume'],
    [...pulls, 'push-oci'],
  ],
  [
    ['--strict', '--size-max=1G'],
    [...pulls, ...imports],
  ],
  [
    ['--force', '--force=no'],
    [...pulls, ...imports, 'trust'],
  ],
  [['--name=x', '--yes'], ['trust']],
  [['--read-only'], [...pulls, ...imports, 'clone-image']],
  [
    ['--format=xz', '--format=uncompressed'],
    [...exports, 'push-oci'],
  ],
  [['--dry-run'], [...pulls, 'push-oci', 'clean']],
  [['--recount', '--inspect-disk'], ['show']],
  [['--older-than=30d', '--unused'], ['clean']],
  // In a pull it is short for --keep-download.
  [['--keep=2'], [...files, 'clean']],
  [['--since=-2h', '--until=now', '--lines=5', '-n5'], ['history']],
  [['--watch'], ['list-transfers']],
  [['-a', '--all', '--columns=name', '--sort=name', '--filter=class=machine'], ['list-images']],
  [
    ['-l', '--full'],
    ['list-transfers', 'list-images', 'clean', 'df'],
  ],
];

test('the table below has every option and every command', () => {
  const names = table.flatMap(([spellings]) => spellings).map((spelling) => spelling.replace(/^--?|=.*/g, ''));
  for (const { long, short } of optionTable) {
    if (long === 'help' || long === 'version' || long === 'introspect-cli') continue;
    const isThere = names.some((name) => name === long || (short !== undefined && name.startsWith(short)));
    assert.ok(isThere, long ?? short);
  }
  assert.deepEqual(
    all,
    verbTable.filter(({ group }) => group !== 'Internal').map(({ name }) => name),
  );
});

for (const [verb, parameters] of Object.entries(commands)) {
  test(`${verb} refuses every option that has no effect on it, and takes the others`, () => {
    for (const [spellings, verbs] of table) {
      for (const spelling of spellings) {
        for (const argv of [
          [spelling, verb, ...parameters],
          [verb, ...parameters, spelling],
        ]) {
          if (verbs.includes(verb)) assert.equal(readRequest(argv).kind, 'command', argv.join(' '));
          else
            assert.throws(
              () => readRequest(argv),
              { name: 'UserError', message: /^Cannot use --?\S+ with / },
              argv.join(' '),
            );
        }
      }
    }
  });
}

const refused: [line: string, message: string][] = [
  [
    'import-tar --verify=signature file',
    `Cannot use --verify= with import-tar: ${onlyTheseTakeIt('pull-tar, pull-raw, pull-oci', 'trust')}`,
  ],
  [
    'list-images --force',
    `Cannot use --force with list-images: ${onlyTheseTakeIt('pull-tar, pull-raw, pull-oci, import-tar, import-raw, import-fs, import-oci', 'trust')}`,
  ],
  [
    'pull-tar --format=xz http://h/x',
    `Cannot use --format= with pull-tar: ${onlyTheseTakeIt('export-tar, export-raw, export-oci', 'push-oci')}`,
  ],
  ['list-images --watch', 'Cannot use --watch with list-images: only list-transfers takes it'],
  ['import-raw -N file', `Cannot use -N with import-raw: ${onlyTheseTakeIt('pull-tar', 'pull-raw')}`],
  [
    'import-raw --no-resume file',
    `Cannot use --no-resume with import-raw: ${onlyTheseTakeIt('pull-tar, pull-raw, pull-oci', 'push-oci')}`,
  ],
  ['list-transfers --image-root=/x', 'Cannot use --image-root= with list-transfers: it has no effect there'],
  ['--system --user list', 'Cannot use --system and --user together: choose one'],
  ['list --user --system --user', 'Cannot use --user and --system together: choose one'],
  ['-P -S list-images', 'Cannot use -P and -S together: choose one'],
  ['-mPm list-images', 'Cannot use -m and -P together: choose one'],
  ['-m --class=confext list-images', 'Cannot use -m and --class=confext together: choose one'],
  ['--class=confext -m list-images', 'Cannot use --class=confext and -m together: choose one'],
  ['-N --keep-download=yes pull-tar u', 'Cannot use -N and --keep-download=yes together: choose one'],
  ['-j --json=off list-images', 'Cannot use -j and --json=off together: choose one'],
];
for (const [line, message] of refused) {
  test(`${line} is an error`, () => assert.throws(() => readRequest(line.split(' ')), { name: 'UserError', message }));
}

test('a file is not exported under the suffix of a format that is not written', () => {
  for (const suffix of [
    'tar.lz4',
    'tlz4',
    'zip',
    'ZIP',
    'tar.Z',
    'tar.lzma',
    'tar.br',
    '7z',
    'qcow2',
    'raw',
    'raw.xz',
    'squashfs',
    'tar.gpg',
    'qcow2.gz',
  ])
    assert.match(
      foreignFormat(`/x/a.${suffix}`, 'tar') ?? '',
      /^tar images are not written as '\.[a-z0-9]+'; choose \.tar, \.tar\.xz, \.tar\.gz, \.tar\.zst or \.tar\.bz2, or give --format=$/,
      suffix,
    );
  for (const suffix of ['qcow2', 'vmdk', 'raw.lz4', 'vhdx', 'tar', 'tar.gz', 'tgz', 'zip', 'qcow2.xz'])
    assert.match(
      foreignFormat(`a.${suffix}`, 'raw') ?? '',
      /^raw images are not written as .* \.raw\.bz2, or give --format=$/,
      suffix,
    );
  for (const suffix of [
    'tar',
    'tar.gz',
    'tgz',
    'txz',
    'tar.zst',
    'tzst',
    'tar.bz2',
    'TAR.GZ',
    'backup',
    'new',
    'gz',
    '2024',
  ])
    assert.equal(foreignFormat(`a.${suffix}`, 'tar'), undefined, suffix);
  for (const suffix of ['raw', 'img', 'iso', 'raw.xz', 'img.gz', 'bin', 'disk'])
    assert.equal(foreignFormat(`a.${suffix}`, 'raw'), undefined);
  assert.equal(foreignFormat('zip', 'tar'), undefined);
});

test('the archive of an OCI image is not exported as a compressed file, or as something else', () => {
  for (const suffix of ['tar.gz', 'tgz', 'gz', 'tar.zst', 'cpio', 'raw', 'zip', 'squashfs', 'TAR.XZ', 'tar.lz4'])
    assert.match(foreignFormat(`a.${suffix}`, 'oci') ?? '', like`^${notWrittenAs(re(/\.[a-z0-9.]+/))}$`, suffix);
  for (const suffix of ['tar', 'oci', 'oci.tar', 'OCI', 'backup', '1'])
    assert.equal(foreignFormat(`a.${suffix}`, 'oci'), undefined);
  assert.ok(foreignFormat('a.oci', 'tar') !== undefined);
});

for (const [programName, format, status, says] of [
  ['ferryctl', [], 2, /^Cannot export to '\/nonexistent\/x\.tar\.lz4': tar images are not written as '\.lz4'; /],
  ['ferryctl', ['--format=xz'], 13, /^Cannot reach|^Cannot connect/],
  [
    'importctl',
    ['-m'],
    1,
    /^The suffix of '\/nonexistent\/x\.tar\.lz4' is misleading: tar images are not written as '\.lz4'; /,
  ],
] as const) {
  test(`${programName} export-tar ${format.join('')} to x.tar.lz4`, async () => {
    const context = fakeProcessContext({ programName });
    const argv = ['--address=/nonexistent/socket', 'export-tar', ...format, 'x', '/nonexistent/x.tar.lz4'];
    assert.equal(await run(argv, context), status);
    assert.match(context.written.stderr, says);
  });
}
