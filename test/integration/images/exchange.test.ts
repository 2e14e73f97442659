import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt } from '../../support/command.js';
import { contentsOf, namesIn } from '../../support/images/image-root.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { temporaryDirectory } from '../../support/temporary.js';

const program = `
import { renameOrExchange } from ${JSON.stringify(projectFile('build/service/images/manage/rename.js'))};
import { createTemporaryFile } from ${JSON.stringify(projectFile('build/service/images/install/temporary.js'))};
import { ImageRoot } from ${JSON.stringify(projectFile('build/service/images/layout/root.js'))};
import { writeSync } from 'node:fs';
const root = ImageRoot.open(process.argv[1]);
const temporary = createTemporaryFile(root, 'image');
writeSync(temporary.descriptor, 'new');
try {
  renameOrExchange(root, temporary, 'x.raw');
} finally {
  temporary[Symbol.dispose]();
}
`;

// renameat2(2) without flags is renameat(2) on its way through the C library.
const exchangeFails = ['-e', 'inject=renameat2:error=EINVAL:when=2'];
const placingFails = ['-e', 'inject=renameat:error=EIO:when=2'];

for (const [what, inject, says, expected] of [
  ['', exchangeFails, /^$/, 'new'],
  [
    ', also when the new one cannot take its place',
    [...exchangeFails, ...placingFails],
    /renameat2 x\.raw: EIO/,
    'old',
  ],
] as const) {
  test(`where names cannot be exchanged, an image is replaced or stays${what}`, async (t) => {
    if (!needs(t, { programs: ['strace'] })) return;
    await using directory = temporaryDirectory(t);
    const images = directory.path;
    writeFileSync(join(images, 'x.raw'), 'old');
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=renameat,renameat2', ...inject];
    const ended = attempt('strace', [...strace, process.execPath, '--input-type=module', '-e', program, images]);
    assert.match(ended.stderr, says);
    assert.equal(contentsOf(join(images, 'x.raw')), expected);
    assert.deepEqual(namesIn(images), ['x.raw']);
  });
}
