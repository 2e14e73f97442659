import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { licenceFileOf, licenceOf, packagesOf } from './package/licences.js';

/*
 * Makes dist/: what a host gets as /usr/lib/ferry. Each program is one CommonJS file: node loads that in a third of the time
 * that ES modules in several files take (docs/benchmarks.md). Not in it are the system-call binding, whose native module is
 * looked for beside it, and OpenPGP.js and asn1js, which few transfers need; all are in dist/node_modules.
 */

const entryPoints: Record<string, string> = {
  ferryctl: 'build/client/main.js',
  'client/program': 'build/client/program.js',
  ferryd: 'build/service/main.js',
  bootGenerator: 'build/client/boot/main.js',
  'worker/fetch': 'build/service/processes/fetch/fetch.js',
  'worker/decode': 'build/service/processes/decode/decode.js',
  'worker/encodeBlocks': 'build/service/processes/decode/encode-blocks.js',
  'worker/placement': 'build/service/processes/placement/placement.js',
  'worker/convert': 'build/service/processes/convert.js',
  'worker/measure': 'build/service/processes/placement/measure.js',
  'worker/manage': 'build/service/processes/manage.js',
  'worker/countThread': 'build/service/processes/count-thread.js',
  'worker/cleanup': 'build/service/processes/cleanup.js',
};
const executables = ['ferryctl', 'ferryd'];

/** The client's first file only loads the rest. */
const separateProgram: Plugin = {
  name: 'separate program',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/program\.js$/ }, () => ({ path: './client/program.js', external: true }));
  },
};

/** Of the oldest Node, as package.json has it. */
const [, oldest = '', major = '', minor = ''] =
  /"node": ">=((\d+)\.(\d+))/.exec(readFileSync('package.json', 'utf8')) ?? [];
if (oldest === '') throw new Error('package.json names no oldest Node');

// Before anything else: what an older Node lacks would come to light as an error with a stack.
const refusal = `
const [nodeMajor, nodeMinor] = process.versions.node.split('.').map(Number);
if (nodeMajor < ${major} || (nodeMajor === ${major} && nodeMinor < ${minor})) {
  console.error('Cannot start with Node ' + process.versions.node + ': Ferry needs Node ${oldest} or newer; install it');
  process.exit(1);
}`;

rmSync('dist', { recursive: true, force: true });
const { metafile: programs } = await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: `node${oldest}`,
  external: ['koffi', 'openpgp', 'asn1js', 'supports-color'],
  plugins: [separateProgram],
  // An import() of what is in the same file becomes a promise of it; of another file, a require().
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: `const importMetaUrl = require('node:url').pathToFileURL(__filename).href;${refusal}` },
  sourcemap: true,
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
});

// In one file, with the package it depends on.
const { metafile: asn1js } = await build({
  entryPoints: { index: 'node_modules/asn1js/build/index.js' },
  outdir: 'dist/node_modules/asn1js',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: `node${oldest}`,
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
});

const native = `@koromix/koffi-linux-${process.arch}`;
// OpenPGP.js looks for eckey-utils at run time, for keys on curves that only some need.
const copied = ['koffi', native, 'openpgp', 'eckey-utils'];
for (const name of copied) {
  const target = join('dist/node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join('node_modules', name), target, { recursive: true, filter: isNeeded });
}
// For hosts without a vendor keyring of their own: the key that the images of the README's first command are signed with.
cpSync('units/import-pubring.pgp', 'dist/import-pubring.pgp');
// The publishers that are trusted, each for its own URLs.
cpSync('trust', 'dist/trust.d', { recursive: true, filter: (path) => path !== 'trust/sources.json' });
// Where container images are that are named in short.
cpSync('oci-registry', 'dist/oci-registry', { recursive: true });
// The native module is koffi's, and so is its licence.
const bundled = new Set([...packagesOf([programs, asn1js].flatMap(({ inputs }) => Object.keys(inputs))), ...copied]);
bundled.delete(native);
const licences = [...bundled].sort().map(licenceOf);
writeFileSync('dist/licences.txt', licenceFileOf(licences, readFileSync('LICENSE', 'utf8')));
// On a host there is no package around it that would say what kind of modules these are.
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
for (const name of executables) makeExecutable(`dist/${name}.js`);

/**
 * Has a shell start the program, in a line that is a string and a comment to node: node opens /dev/null in the place of a closed
 * standard output, and what is written there would be lost without a word. What is only open for reading, it leaves alone.
 */
function makeExecutable(path: string): void {
  const [, ...lines] = readFileSync(path, 'utf8').split('\n');
  const start = `#!/bin/sh\n':' //; { true 3>&1; } 2>/dev/null || exec 1</dev/null; exec node "$0" "$@"`;
  writeFileSync(path, [start, ...lines].join('\n'));
  // One line more: in a source map, a semicolon.
  const map = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
  writeFileSync(`${path}.map`, JSON.stringify({ ...map, mappings: `;${map.mappings}` }));
  chmodSync(path, 0o755);
}

/** Sources, documentation, and parts for other platforms and for browsers stay behind. */
function isNeeded(path: string): boolean {
  if (path.endsWith('LICENSE.txt')) return true;
  if (/openpgp\/(lightweight|dist\/.*)$/.test(path)) return /dist\/node(\/openpgp\.min\.cjs)?$/.test(path);
  return !/koffi\/(vendor|doc|lib|CHANGELOG.md|cnoke.cjs)$|README\.md$|eckey-utils\/test\.js$|trampolines\.c?js$|\.d\.ts$|\.(cc|hh|h|c|S|asm|inc|txt|def)$/.test(
    path,
  );
}
