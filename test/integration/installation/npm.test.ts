import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { makePackages } from './made-packages.js';

test('the npm package runs by npx and after npm install, without a network, where nothing else is', (t) => {
  const packed = makePackages(t, 'npm')?.['ferry'];
  if (packed === undefined) return;
  const clean = temporaryDirectory(t);
  const runtime = clean.file('runtime');
  run('mkdir', ['-m', '0700', runtime]);
  const environment = { HOME: clean.path, XDG_RUNTIME_DIR: runtime, npm_config_cache: clean.file('cache') };
  // Of npm and node nothing that this run of the tests was started with.
  const own = Object.keys(process.env).filter((name) => /^(npm_|NODE_PATH|NODE_OPTIONS|XDG_)/i.test(name));
  const options = {
    cwd: clean.path,
    environment: { ...Object.fromEntries(own.map((name) => [name, undefined])), ...environment },
  };
  const once = run('npx', ['--offline', '--yes', `--package=${packed}`, 'ferryctl', '--version'], options);
  const prefix = clean.file('prefix');
  run('npm', ['install', '--offline', '--global', `--prefix=${prefix}`, packed], options);
  const ferryctl = join(prefix, 'bin/ferryctl');
  assert.equal(run(ferryctl, ['--version'], options), once);
  assert.match(once, /^ferry \d/);
  const disk = clean.file('disk');
  writeFileSync(disk, 'content\n'.repeat(1000));
  run(ferryctl, ['--user', 'import-raw', '-m', disk, 'image'], options);
  const image = readFileSync(join(clean.path, '.local/state/machines/image.raw'));
  assert.ok(image.equals(readFileSync(disk)));
});

test('the npm package has the native module of each architecture, all licences, and nothing to be fetched', (t) => {
  const packed = makePackages(t, 'npm')?.['ferry'];
  if (packed === undefined) return;
  const names = run('tar', ['-tzf', packed]).trim().split('\n');
  assert.deepEqual(names.filter((name) => name.endsWith('.node')).sort(), [
    'package/dist/node_modules/@koromix/koffi-linux-arm64/linux_arm64/koffi.node',
    'package/dist/node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
  ]);
  for (const name of [
    'LICENSE',
    'README.md',
    'install.sh',
    'units/ferry.service',
    'dist/licences.txt',
    'dist/ferryd.js',
  ])
    assert.ok(names.includes(`package/${name}`), name);
  assert.deepEqual(
    names.filter((name) => /\.map$|\/debian\//.test(name)),
    [],
  );
  const declared = JSON.parse(run('tar', ['-xzOf', packed, 'package/package.json']));
  assert.deepEqual(
    Object.keys(declared).filter((name) => /dependencies|scripts/i.test(name)),
    [],
  );
  assert.deepEqual(declared.bin, { ferryctl: 'dist/ferryctl.js', ferryd: 'dist/ferryd.js' });
});
