import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { libbz2Names } from '../../../../../service/formats/compression/bzip2/bzip2.js';
import { liblzmaNames } from '../../../../../service/formats/compression/liblzma.js';
import { hostLibraries, type Library } from '../../../../../service/formats/compression/library.js';
import { liblz4Names } from '../../../../../service/formats/compression/lz4.js';
import { libzstdNames } from '../../../../../service/formats/compression/zstd.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

/** The libraries of the host, with the function of each that says its version. */
const libraries = [
  { sonames: libzstdNames, version: 'const char *ZSTD_versionString()' },
  { sonames: liblzmaNames, version: 'const char *lzma_version_string()' },
  { sonames: libbz2Names, version: 'const char *BZ2_bzlibVersion()' },
  { sonames: liblz4Names, version: 'const char *LZ4_versionString()' },
];

for (const { sonames, version } of libraries) {
  test(`${sonames[0]} says the version of the file that it was loaded from`, (t) => {
    const library = loaded(t, sonames);
    if (!library) return;
    const said = library.bind<string>(version)();
    assert.match(said, /^\d+\.\d+\.\d+/);
    const path = mappedFile(sonames);
    assert.ok(readFileSync(path).includes(`${said}\0`), `${path} does not hold '${said}'`);
  });

  test(`${sonames[0]} calls its own functions, whoever else in the process exports the same names`, async (t) => {
    if (!loaded(t, sonames)) return;
    await using directory = temporaryDirectory(t);
    const path = mappedFile(sonames);
    const foreign = join(directory.path, 'foreign.so');
    writeFileSync(foreign, renamed(readFileSync(path), sonames));
    const targets = bindingsOf(sonames, loadBeside(foreign, sonames, directory.path));
    assert.ok(targets.size > 0, 'the dynamic linker said nothing');
    const wrong = [...targets].filter(([, file]) => file === foreign || file === process.execPath);
    assert.deepEqual(wrong, []);
  });
}

function loaded(t: TestContext, sonames: string[]): Library | undefined {
  const library = hostLibraries(sonames);
  if (!library) t.skip(`needs the library ${sonames[0]}`);
  return library;
}

/** The file of a library in the memory of this process. */
function mappedFile(sonames: string[]): string {
  const files = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+$/gm) ?? [];
  const path = files.find((file) => basename(file).startsWith(stemOf(sonames)));
  assert.ok(path, `${sonames[0]} is not mapped`);
  return path;
}

/** The library under a soname that differs in its last digit, so that the dynamic linker takes it for another one. */
function renamed(library: Buffer, sonames: string[]): Buffer {
  const changed = Buffer.from(library);
  for (const soname of sonames) {
    const at = changed.indexOf(`\0${soname}\0`);
    if (at >= 0) changed.write('9', at + soname.length);
  }
  return changed;
}

/** What the dynamic linker tells while a process with the foreign library in its global scope loads the host's (ld.so(8)). */
function loadBeside(foreign: string, sonames: string[], directory: string): string {
  const script = `
    import { createRequire } from 'node:module';
    import { hostLibraries } from '${import.meta.resolve('../../../../../service/formats/compression/library.js')}';
    createRequire(${JSON.stringify(import.meta.filename)})('koffi').load(${JSON.stringify(foreign)}, { global: true });
    process.exit(hostLibraries(${JSON.stringify(sonames)}) ? 0 : 1);`;
  const env = { ...process.env, LD_DEBUG: 'bindings', LD_DEBUG_OUTPUT: join(directory, 'linker') };
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { env });
  assert.equal(status, 0, String(stderr));
  const logs = readdirSync(directory).filter((name) => name.startsWith('linker.'));
  return logs.map((name) => readFileSync(join(directory, name), 'utf8')).join('');
}

/** By symbol, the file that the calls of a library go to. */
function bindingsOf(sonames: string[], log: string): Map<string, string> {
  const bindings = log.matchAll(/binding file (\S+) \[\d+\] to (\S+) \[\d+\]: \w+ symbol [`'](\S+)'/g);
  const own = [...bindings].filter(([, file = '']) => basename(file).startsWith(stemOf(sonames)));
  return new Map(own.map(([, , target = '', symbol = '']) => [symbol, target]));
}

function stemOf([soname = '']: string[]): string {
  return soname.replace(/\.so\..*$/, '.so');
}
