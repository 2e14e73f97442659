import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { commandName } from '../../../../client/cli/command-name.js';
import { attempt } from '../../../support/command.js';
import { clientProgram, needsProduct } from '../../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../../support/temporary.js';

/** Files as install.sh lays them out: programs, the scripts that start them, and links to these in bin/. */
function installed(t: TestContext): (...names: string[]) => string {
  const { file } = temporaryDirectory(t);
  mkdirSync(file('lib', 'ferry'), { recursive: true });
  for (const folder of ['bin', 'other']) mkdirSync(file(folder));
  writeFileSync(file('lib', 'ferry', 'ferryctl.js'), '', { mode: 0o755 });
  symlinkSync('ferryctl.js', file('lib', 'ferry', 'importctl.js'));
  for (const name of ['ferryctl', 'importctl']) {
    writeFileSync(file('lib', 'ferry', name), '', { mode: 0o755 });
    symlinkSync(`../lib/ferry/${name}`, file('bin', name));
  }
  return file;
}

test('hints call an installed program by its name, not by the path of what node runs', (t) => {
  const file = installed(t);
  const searchPath = `/nonexistent:${file('bin')}`;
  for (const name of ['ferryctl', 'importctl']) {
    assert.equal(commandName(file('lib', 'ferry', `${name}.js`), searchPath, '/somewhere/else'), name);
    assert.equal(commandName(file('lib', 'ferry', `${name}.js`), searchPath, file('lib', 'ferry')), name);
  }
});

test('where the name is not found, or leads elsewhere, hints have a path that works from here', (t) => {
  const file = installed(t);
  const program = file('lib', 'ferry', 'ferryctl.js');
  const starter = file('lib', 'ferry', 'ferryctl');
  writeFileSync(file('other', 'ferryctl'), '', { mode: 0o755 });
  for (const searchPath of ['/nonexistent', file('other'), `${file('other')}:${file('bin')}`]) {
    assert.equal(commandName(program, searchPath, '/somewhere/else'), starter);
    assert.equal(commandName(program, searchPath, file('lib')), './ferry/ferryctl');
  }
});

test('run from where it was built, it is called by that path', (t) => {
  const { file } = temporaryDirectory(t);
  for (const folder of ['dist', 'bin']) mkdirSync(file(folder));
  writeFileSync(file('dist', 'ferryctl.js'), '', { mode: 0o755 });
  assert.equal(commandName(file('dist', 'ferryctl.js'), undefined, file()), './dist/ferryctl.js');
  assert.equal(commandName(file('dist', 'ferryctl.js'), undefined, file('dist')), './ferryctl.js');
  assert.equal(commandName(file('dist', 'ferryctl.js'), undefined, '/usr'), file('dist', 'ferryctl.js'));
  // As npm does it.
  symlinkSync('../dist/ferryctl.js', file('bin', 'ferryctl'));
  assert.equal(commandName(file('bin', 'ferryctl'), file('bin'), '/'), 'ferryctl');
  assert.equal(commandName(file('bin', 'ferryctl'), undefined, '/usr'), file('bin', 'ferryctl'));
});

test('the client runs in a directory that was removed', (t) => {
  if (!needsProduct(t)) return;
  const { path } = temporaryDirectory(t);
  const script = 'mkdir "$0/gone" && cd "$0/gone" && rmdir "$0/gone" && exec "$1" "$2" --version';
  const { status, stderr } = attempt('sh', ['-c', script, path, process.execPath, clientProgram]);
  assert.deepEqual([status, stderr], [0, '']);
});
