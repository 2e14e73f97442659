import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandRequest, parseArguments, readRequest } from '../../../../client/cli/argv.js';
import { importVerbs, onlyTheseTakeIt, optionNeedsArgument } from '../../../support/texts/client.js';

const parsed: [argv: string[], options: [string, string][], positionals: string[]][] = [
  [[], [], []],
  [['pull-tar', 'URL', 'NAME'], [], ['pull-tar', 'URL', 'NAME']],
  [
    ['-mN', 'pull-tar'],
    [
      ['class', 'machine'],
      ['keep-download', 'no'],
    ],
    ['pull-tar'],
  ],
  [
    ['-PSCm'],
    [
      ['class', 'portable'],
      ['class', 'sysext'],
      ['class', 'confext'],
      ['class', 'machine'],
    ],
    [],
  ],
  [['-Mfoo'], [['machine', 'foo']], []],
  [['-M', 'foo', 'list'], [['machine', 'foo']], ['list']],
  [['-M=foo'], [['machine', '=foo']], []],
  [
    ['-qMfoo'],
    [
      ['quiet', 'yes'],
      ['machine', 'foo'],
    ],
    [],
  ],
  [
    ['-qHuser@host', 'list'],
    [
      ['quiet', 'yes'],
      ['host', 'user@host'],
    ],
    ['list'],
  ],
  [['--verify=no'], [['verify', 'no']], []],
  [['--verify', 'no'], [['verify', 'no']], []],
  [['--verif=no'], [['verify', 'no']], []],
  [['--verif', 'checksum'], [['verify', 'checksum']], []],
  [['--verify='], [['verify', '']], []],
  [['--keep-d=on'], [['keep-download', 'on']], []],
  [['--legend=no'], [['legend', 'no']], []],
  [['--legend'], [['legend', 'yes']], []],
  [['--no-legend'], [['legend', 'no']], []],
  [['--no-l'], [['legend', 'no']], []],
  [['--no-ask-password'], [['ask-password', 'no']], []],
  [['--force=no'], [['force', 'no']], []],
  [['--force'], [['force', 'yes']], []],
  [['--read'], [['read-only', 'yes']], []],
  [
    ['--system', '--user'],
    [
      ['scope', 'system'],
      ['scope', 'user'],
    ],
    [],
  ],
  [['-j'], [['json', 'auto']], []],
  [
    ['a', '--quiet', 'b', '-q', 'c'],
    [
      ['quiet', 'yes'],
      ['quiet', 'yes'],
    ],
    ['a', 'b', 'c'],
  ],
  [['--quiet', '--', '--force', '-m'], [['quiet', 'yes']], ['--force', '-m']],
  [['import-tar', '-', 'name'], [], ['import-tar', '-', 'name']],
  [['--keyring', '--', 'x'], [['keyring', '--']], ['x']],
  [['--keyring=a=b'], [['keyring', 'a=b']], []],
];

/** Prefixes that systemd's importctl understands, and those of options that other verbs have too. */
const abbreviated: [argv: string[], option: [string, string]][] = [
  [
    ['pull-tar', '--keep=on', 'u'],
    ['keep-download', 'on'],
  ],
  [
    ['--keep', 'on', 'pull-tar', 'u'],
    ['keep-download', 'on'],
  ],
  [
    ['--keep=2', 'clean'],
    ['keep', '2'],
  ],
  [
    ['clean', '--ke=2'],
    ['keep', '2'],
  ],
  [
    ['pull-raw', '--i=/x', 'u'],
    ['image-root', '/x'],
  ],
  [
    ['import-tar', '--re', 'f'],
    ['read-only', 'yes'],
  ],
  [
    ['show', '--re', 'x'],
    ['recount', 'yes'],
  ],
  [
    ['export-tar', '--f=xz', 'x'],
    ['format', 'xz'],
  ],
  [
    ['--u', 'list-transfers'],
    ['scope', 'user'],
  ],
  [
    ['history', '--un=now'],
    ['until', 'now'],
  ],
  [
    ['--cl', 'sysext', 'list-images'],
    ['class', 'sysext'],
  ],
  [
    ['remove-image', '--c=portable', 'clean'],
    ['class', 'portable'],
  ],
];

for (const [argv, option] of abbreviated) {
  test(`${JSON.stringify(argv)} abbreviates an option of its verb, though another verb has one that begins so`, () => {
    const request = readRequest(argv) as CommandRequest;
    assert.deepEqual(request.options.find(({ name }) => name === option[0])?.value, option[1]);
  });
}

test('importctl understands prefixes of its own options, where it ignores them too', () => {
  const namesOf = (...argv: string[]) =>
    (readRequest(argv, 'importctl') as CommandRequest).options.map(({ name }) => name);
  assert.deepEqual(namesOf('list-images', '--keep=on'), ['keep-download']);
  assert.deepEqual(namesOf('--keep=on', '--u'), ['keep-download', 'scope']);
  assert.deepEqual(namesOf('--keep=2', 'clean'), ['keep']);
  assert.deepEqual(namesOf('pull-raw', '--k=on', '--i=/x', '--r', 'u'), ['keep-download', 'image-root', 'read-only']);
  assert.deepEqual(namesOf('list-images', '--verif=no'), ['verify']);
});

for (const [argv, options, positionals] of parsed) {
  test(`parses ${JSON.stringify(argv)}`, () => {
    const found = parseArguments(argv);
    const pairs = found.options.map(({ name, value }) => [name, value]);
    assert.deepEqual({ options: pairs, positionals: found.positionals }, { options, positionals });
  });
}

const refused: [argv: string[], message: string][] = [
  [['--wait'], 'Unknown option --wait.'],
  [['--verfy=no'], 'Unknown option --verfy. Did you mean --verify?'],
  [['--keyrng', 'x'], 'Unknown option --keyrng. Did you mean --keyring?'],
  [['--v'], 'Option --v is ambiguous: it may mean --version, --verify.'],
  [['--fo'], 'Option --fo is ambiguous: it may mean --force, --format.'],
  [['pull-tar', '--v', 'u'], 'Option --v is ambiguous: it may mean --version, --verify.'],
  [
    ['clean', '--keyr=x'],
    `Cannot use --keyring= with clean: ${onlyTheseTakeIt('pull-tar, pull-raw, pull-oci', 'verify')}`,
  ],
  [['--no-pager=yes'], "Option --no-pager takes no argument, but was given 'yes'."],
  [['--verify'], `${optionNeedsArgument('--verify')}: --verify=no, --verify=checksum, --verify=signature.`],
  [['-M'], `${optionNeedsArgument('-M')}.`],
  [['-x'], 'Unknown option -x.'],
  [['-mx'], 'Unknown option -x in -mx.'],
  [['-verify=no'], 'Unknown option -v in -verify=no. Did you mean --verify=no?'],
  [['--=x'], 'Unknown option --.'],
  [['frob'], "Unknown command 'frob'."],
  [['pull-tgz', 'u'], "Unknown command 'pull-tgz'. Did you mean pull-tar?"],
  [['lsit-images'], "Unknown command 'lsit-images'. Did you mean list-images?"],
  [['load'], "Unknown command 'load'. Did you mean import-tar, import-raw or import-oci?"],
  [['export'], "Unknown command 'export'. Did you mean export-tar, export-raw or export-oci?"],
  [['import'], `Unknown command 'import'. Did you mean ${importVerbs}?`],
  [['pull-tar'], "Too few arguments for pull-tar: expected 'pull-tar URL [NAME]'."],
  [['pull-tar', 'a', 'b', 'c'], "Too many arguments for pull-tar: expected 'pull-tar URL [NAME]'."],
  [['list-images', 'x'], "Too many arguments for list-images: expected 'list-images'."],
  [['cancel-transfer'], "Too few arguments for cancel-transfer: expected 'cancel-transfer ID…'."],
  [['help', 'frob'], "Unknown command 'frob'."],
  [
    ['--dry-run', 'list-images'],
    `Cannot use --dry-run with list-images: ${onlyTheseTakeIt('pull-tar, pull-raw, pull-oci, push-oci', 'clean')}`,
  ],
  [['--watch', 'list-images'], 'Cannot use --watch with list-images: only list-transfers takes it'],
];

for (const [argv, message] of refused) {
  test(`refuses ${JSON.stringify(argv)}`, () => assert.throws(() => readRequest(argv), { name: 'UserError', message }));
}

const commands: [argv: string[], canonical: string[]][] = [
  [[], ['list-transfers', '--']],
  [['list'], ['list-transfers', '--']],
  [['list-transfer'], ['list-transfers', '--']],
  [
    ['-M', 'foo', 'list-transfers'],
    ['list-transfers', '--machine=foo', '--'],
  ],
  [
    ['pull-raw', '-mN', 'http://x/y', '--verify=no', 'n'],
    ['pull-raw', '--class=machine', '--keep-download=no', '--verify=no', '--', 'http://x/y', 'n'],
  ],
  [
    ['pull-raw', 'http://x/y', '-'],
    ['pull-raw', '--', 'http://x/y', '-'],
  ],
  [
    ['--help=no', 'list'],
    ['list-transfers', '--'],
  ],
  [
    ['export-tar', '--', '-m'],
    ['export-tar', '--', '-m'],
  ],
];

/** The verb, `--name=value` for each option, `--`, the arguments. */
function canonicalOf({ verb, options, positionals }: CommandRequest): string[] {
  return [verb.name, ...options.map(({ name, value }) => `--${name}=${value}`), '--', ...positionals];
}

for (const [argv, canonical] of commands) {
  test(`makes ${JSON.stringify(argv)} canonical`, () => {
    const request = readRequest(argv);
    assert.equal(request.kind, 'command');
    assert.deepEqual(request.kind === 'command' && canonicalOf(request), canonical);
  });
}

const informing: [argv: string[], kind: string, detail?: string][] = [
  [['--help'], 'help'],
  [['-h'], 'help'],
  [['help'], 'help'],
  [['help', 'pull-tar'], 'help', 'pull-tar'],
  [['pull-tar', '--help'], 'help', 'pull-tar'],
  [['--version'], 'version'],
  [['--version', 'pull-tar'], 'version'],
  [['--help', '--version'], 'help'],
  [['--introspect-cli'], 'introspection', 'off'],
  [['--intro'], 'introspection', 'off'],
  [['pull-tar', '--introspect-cli', '--json=pretty'], 'introspection', 'pretty'],
  [['-j', '--introspect-cli', '--help'], 'introspection', 'auto'],
  [['--version', '--introspect-cli'], 'version'],
  [['--introspect-cli', '--json=help'], 'values', 'pretty short off'],
  [['--verify=help'], 'values', 'no checksum signature'],
  [['pull-tar', '--class=help'], 'values', 'machine portable sysext confext'],
  [['--json=help'], 'values', 'pretty short off'],
  [['--format', 'help'], 'values', 'uncompressed xz gzip zstd bzip2'],
];

for (const [argv, kind, detail] of informing) {
  test(`answers ${JSON.stringify(argv)} without a command`, () => {
    const request = readRequest(argv);
    assert.equal(request.kind, kind);
    if (request.kind === 'help') assert.equal(request.verb?.name, detail);
    if (request.kind === 'values') assert.equal(request.values.join(' '), detail);
    if (request.kind === 'introspection') assert.equal(request.json, detail);
  });
}
