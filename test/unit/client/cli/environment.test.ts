import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readClientEnvironment } from '../../../../client/cli/environment.js';
import { projectFile } from '../../../support/project.js';

test('what is not set has a default', () => {
  const { terminal, ...others } = readClientEnvironment({});
  assert.deepEqual(others, {
    searchPath: undefined,
    ssh: 'ssh',
    runtimeDirectory: '',
    timeZone: undefined,
    pager: {
      command: undefined,
      secure: undefined,
      isUnderSudo: false,
      lessOptions: 'FRSXMK',
      lessCharacterSet: undefined,
    },
    logins: { authFile: undefined, runtime: undefined, files: [], netrc: undefined },
  });
  assert.equal(terminal.isDumb, true);
  assert.equal(terminal.isUtf8, false);
  assert.equal(terminal.coloursOf({ isTerminal: true }), 'off');
  assert.equal(terminal.linksOf({ isTerminal: true }), false);
});

test('the first variable of the locale that is not empty counts', () => {
  const isUtf8 = (env: Record<string, string>) => readClientEnvironment(env).terminal.isUtf8;
  assert.equal(isUtf8({ LANG: 'C.UTF-8' }), true);
  assert.equal(isUtf8({ LC_ALL: '', LC_CTYPE: 'de_DE.utf8', LANG: 'C' }), true);
  assert.equal(isUtf8({ LC_ALL: 'C', LANG: 'C.UTF-8' }), false);
});

test('the client reads variables at its edge, and what it has the service do is about variables', () => {
  const files = readdirSync(projectFile('client'), { recursive: true, encoding: 'utf8' });
  const readers = files.filter(
    (name) =>
      name.endsWith('.ts') &&
      /\b(?:variables|environment)(?:\?\.)?\[/.test(readFileSync(projectFile('client', name), 'utf8')),
  );
  // The generator of the boot is a program of its own.
  const generator = 'boot/generate.ts';
  assert.deepEqual(readers.sort(), [generator, 'cli/environment.ts', 'cli/process.ts', 'connect/environment.ts']);
});
