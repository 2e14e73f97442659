import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runtimeDirectory } from '../../../../service/daemon/runtime-directory.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { belongsToUser } from '../../../support/texts/client.js';
import { cannotUseDirectory, othersMayWrite } from '../../../support/texts/transfers.js';

const uid = process.getuid?.() ?? 0;

test('the runtime directory is that of the system, or of the user', () => {
  assert.equal(runtimeDirectory('system', { XDG_RUNTIME_DIR: '/run/user/1' }, 1), '/run/ferry');
  assert.equal(runtimeDirectory('user', { XDG_RUNTIME_DIR: '/run/user/1' }, 1), '/run/user/1/ferry');
});

test('without one, a user gets a private one, again and again the same', (t) => {
  const { path } = temporaryDirectory(t);
  for (const environment of [{}, { XDG_RUNTIME_DIR: '' }])
    assert.equal(runtimeDirectory('user', environment, uid, path), `${path}/ferry-${uid}`);
  assert.equal(statSync(`${path}/ferry-${uid}`).mode & 0o777, 0o700);
});

const traps: [what: string, set: (path: string) => void][] = [
  [
    'a directory that others may enter',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
    },
  ],
  [
    'a symbolic link',
    (path) => {
      mkdirSync(`${path}.target`, { mode: 0o700 });
      symlinkSync(`${path}.target`, path);
    },
  ],
  ['a file', (path) => writeFileSync(path, '', { mode: 0o600 })],
];
for (const [what, set] of traps) {
  test(`${what} in its place is not used`, (t) => {
    const { path } = temporaryDirectory(t);
    set(`${path}/ferry-${uid}`);
    const message = `Cannot use ${path}/ferry-${uid}: it is not a directory that only user ${uid} can enter; remove it, or set XDG_RUNTIME_DIR`;
    assert.throws(() => runtimeDirectory('user', {}, uid, path), { message });
  });
}

test('a directory of somebody else is not used', (t) => {
  const { path } = temporaryDirectory(t);
  mkdirSync(`${path}/ferry-${uid + 1}`, { mode: 0o700 });
  assert.throws(() => runtimeDirectory('user', {}, uid + 1, path), /only user/);
});

test('the directory of the session is used only if it is ours and nobody else may write there', (t) => {
  const { path } = temporaryDirectory(t);
  const own = `${path}/ferry`;
  const directory = (user = uid) => runtimeDirectory('user', { XDG_RUNTIME_DIR: path }, user);
  assert.equal(directory(), own, 'a place that is still to be made');
  mkdirSync(own, { mode: 0o700 });
  assert.equal(directory(), own);
  for (const place of [path, own]) {
    for (const mode of [0o720, 0o702, 0o777, 0o1777]) {
      chmodSync(place, mode);
      const message = cannotUseDirectory(place, othersMayWrite(mode.toString(8)));
      assert.throws(() => directory(), { message });
    }
    chmodSync(place, 0o755);
    assert.equal(directory(), own);
  }
  const message = cannotUseDirectory(path, `${belongsToUser(uid)} ${uid + 1}`);
  assert.throws(() => directory(uid + 1), { message });
});
