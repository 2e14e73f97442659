/** What importctl of the newest systemd says of its own command line (--introspect-cli) has to be true of Ferry's. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { attempt } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { needsPeer, peer } from '../../support/peer/peer.js';
import { clientProgram, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

interface Described {
  readonly mediaType: string;
  readonly commands: readonly [
    {
      readonly names: readonly string[];
      readonly options: readonly { readonly names: readonly string[]; readonly argument: string; metavar?: string }[];
      readonly verbs: readonly {
        readonly names: readonly string[];
        readonly minArguments?: number;
        readonly maxArguments?: number;
        readonly isDefault?: boolean;
      }[];
    },
  ];
}

type Verb = Described['commands'][0]['verbs'][number];

const introspection = '--introspect-cli';

test('every verb and option of importctl is there, with as many arguments', (t) => {
  if (!needsProduct(t) || !needsPeer(t)) return;
  const directory = temporaryDirectory(t);
  symlinkSync(clientProgram, directory.file('importctl'));
  const theirs = read(peer('exec', 'importctl', introspection).stdout);
  for (const program of [directory.file('importctl'), clientProgram]) {
    const ours = read(attempt(process.execPath, [program, introspection]).stdout);
    assert.equal(ours.mediaType, theirs.mediaType);
    const [mine] = ours.commands;
    const [its] = theirs.commands;
    for (const { names, argument } of its.options) {
      const known = mine.options.find((option) => option.names.at(-1) === names.at(-1));
      assert.deepEqual({ names: known?.names, argument: known?.argument }, { names, argument });
    }
    assert.ok(its.verbs.length >= 12);
    for (const verb of its.verbs) {
      const known = mine.verbs.find(({ names: [name] }) => name === verb.names[0]);
      // Its help takes any number of words and looks at none.
      if (verb.names[0] === 'help') assert.ok(known !== undefined);
      else assert.deepEqual(known === undefined ? undefined : counts(known), counts(verb), verb.names[0]);
    }
  }
});

function read(text: string): Described {
  assert.match(text, /^\{.*\}\n$/, 'one line');
  return JSON.parse(text);
}

function counts({ minArguments, maxArguments, isDefault }: Verb) {
  return { minArguments, maxArguments, isDefault };
}

test('both write the same keys', (t) => {
  if (!needsProduct(t) || !needsPeer(t)) return;
  const theirs = keys(read(peer('exec', 'importctl', introspection).stdout));
  const ours = keys(read(attempt(process.execPath, [clientProgram, introspection]).stdout));
  assert.deepEqual(ours, theirs);
});

/** The path of each key, once. */
function keys(value: unknown, path = ''): string[] {
  const found = new Set<string>();
  if (Array.isArray(value)) for (const item of value) for (const key of keys(item, `${path}[]`)) found.add(key);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, item] of Object.entries(value)) {
      found.add(`${path}.${name}`);
      for (const key of keys(item, `${path}.${name}`)) found.add(key);
    }
  }
  return [...found].sort();
}

// systemd's own tests (TEST-74-AUX-UTILS.introspect-cli.sh) ask this of each of its programs.
test("what systemd's tests demand of a program that describes itself holds under both names", (t) => {
  if (!needsProduct(t) || !needs(t, { programs: ['jq'] })) return;
  const directory = temporaryDirectory(t);
  for (const name of ['importctl', 'ferryctl']) {
    symlinkSync(clientProgram, directory.file(name));
    const run = (...argv: string[]) => attempt(process.execPath, [directory.file(name), ...argv]);
    const holds = (filter: string) => {
      const { status, stdout, stderr } = attempt('jq', ['-e', '--arg', 'name', name, filter], {
        input: run(introspection).stdout,
      });
      assert.equal(status, 0, `${filter}: ${stdout}${stderr}`);
    };
    assert.equal(run('--help').status, 0);
    holds('.mediaType == "application/vnd.io.systemd.cli-introspection-0"');
    holds('any(.commands[]; .names[0] == $name)');
    holds('any(.commands[]; [.options[].names[-1]] | contains(["--help", "--version", "--introspect-cli"]))');
    assert.match(run('--intro').stdout, /--help/);
    holds('any(.commands[]; any(.names[]; . == $name) and ((.verbs // []) | any(.names[0] == "help")))');
    assert.equal(run('help').status, 0);
  }
});
