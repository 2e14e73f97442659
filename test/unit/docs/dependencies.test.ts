import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDocument } from '../../support/documents.js';
import { projectFile } from '../../support/project.js';

type Packages = Record<string, { version?: string; license?: string; dependencies?: Record<string, string> }>;

function locked(...folder: string[]): Packages {
  const { packages } = JSON.parse(readFileSync(projectFile(...folder, 'package-lock.json'), 'utf8')) as {
    packages: Packages;
  };
  return packages;
}

/** The rows of the table below a heading: package, version, and what follows. */
function rows(heading: string): string[][] {
  const [, section = ''] = readDocument('docs/dependencies.md').split(`## ${heading}\n`);
  const lines = section.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? [];
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function stated(heading: string): string[] {
  return rows(heading)
    .flatMap(([names = '', version, licence]) => names.split(', ').map((name) => `${name} ${version} ${licence}`))
    .sort();
}

function actual(names: Record<string, string>): string[] {
  const packages = locked();
  return Object.keys(names)
    .map((name) => `${name} ${packages[`node_modules/${name}`]?.version} ${packages[`node_modules/${name}`]?.license}`)
    .sort();
}

const manifest = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies' | 'optionalDependencies',
  Record<string, string>
>;

test('the page lists what the product depends on, with version and licence', () => {
  assert.deepEqual(stated('In the product'), actual(manifest.dependencies));
});

test('the page lists what development depends on', () => {
  // One is a folder of the project, with dependencies of its own.
  const { 'biome-of-this-platform': folder, ...others } = manifest.devDependencies;
  assert.equal(folder, 'file:tools/biome');
  const { optionalDependencies } = JSON.parse(readFileSync(projectFile('tools/biome/package.json'), 'utf8'));
  assert.deepEqual(stated('For development'), actual({ ...others, ...optionalDependencies }));
});

test('what is not on the path of the bytes is no dependency, and its versions are those that tests use', () => {
  const names = rows('Not on the path of the bytes').map(([name = '']) => name);
  for (const name of ['varlink', 'tar-fs', 'simple-zstd', 'compressjs', 'xz']) assert.ok(names.includes(name), name);
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  assert.deepEqual(
    names.filter((name) => name in all),
    [],
  );
  const witness = locked('test', 'witness');
  const sentence = readDocument('docs/dependencies.md');
  for (const name of ['tar-fs', 'simple-zstd', 'compressjs']) {
    assert.ok(sentence.includes(`${name} ${witness[`node_modules/${name}`]?.version}`), name);
  }
});
