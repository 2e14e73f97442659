import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeCommandLine } from '../../../../../client/cli/description/introspection.js';
import { version } from '../../../../../common/version.js';

const [described, second] = describeCommandLine('importctl').commands;

test('one command is described, under the name it was called by', () => {
  assert.equal(second, undefined);
  const { names, project, version: described_, features, abstract } = described;
  assert.deepEqual(
    { names, project, version: described_, features, abstract },
    {
      names: ['importctl'],
      project: 'ferry',
      version,
      features: [],
      abstract: ['Download, import and export disk images.'],
    },
  );
  assert.deepEqual(describeCommandLine('ferryctl').commands[0].names, ['ferryctl']);
});

const options: [name: string, expected: object][] = [
  ['--help', { names: ['-h', '--help'], argument: 'no_argument', help: 'Show this help' }],
  ['-N', { names: ['-N'], argument: 'no_argument', help: 'Same as --keep-download=no' }],
  [
    '--host',
    {
      names: ['-H', '--host'],
      argument: 'required_argument',
      metavar: '[USER@]HOST',
      help: 'Operate on a remote host, over ssh',
    },
  ],
  // They take a boolean too, but nobody has to know, and after a short name they do not.
  ['--quiet', { names: ['-q', '--quiet'], argument: 'no_argument', help: 'Show warnings and errors only' }],
  ['--no-pager', { names: ['--no-pager'], argument: 'no_argument', help: 'Do not start a pager' }],
  // Understood, but --help shows its negation.
  ['--pager', { names: ['--pager'], argument: 'no_argument' }],
];

for (const [name, expected] of options) {
  test(`describes ${name}`, () => {
    assert.deepEqual(
      described.options.find(({ names }) => names.includes(name)),
      expected,
    );
  });
}

// The numbers count the verb itself.
const verbs: object[] = [
  { names: ['pull-tar'], abstract: ['Download a tar archive as an image'], minArguments: 2, maxArguments: 3 },
  { names: ['rename-image'], abstract: ['Rename an image'], minArguments: 3, maxArguments: 3 },
  { names: ['cancel-transfer', 'cancel'], abstract: ['Cancel transfers'], minArguments: 2 },
  {
    names: ['list-transfers', 'list-transfer', 'list'],
    abstract: ['Show the transfers under way'],
    maxArguments: 1,
    isDefault: true,
  },
  { names: ['history'], abstract: ['Show what was done to images, when and by whom'] },
  { names: ['help'], abstract: ['Show this help, or that of a command'], maxArguments: 2 },
];

for (const expected of verbs) {
  test(`describes ${JSON.stringify(expected)}`, () => {
    const [wanted] = (expected as { names: string[] }).names;
    assert.deepEqual(
      described.verbs.find(({ names: [name] }) => name === wanted),
      expected,
    );
  });
}

test('verbs that people have no use for are left out', () => {
  const names = described.verbs.flatMap((verb) => verb.names);
  assert.ok(!names.includes('bridge') && !names.includes('complete'));
});
