import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

// Holds unit tests to their places. test/unit/ROOM/NAME.test.ts tests ROOM/NAME.ts, or all of ROOM/NAME/; where that is much, ROOM/NAME/ or
// NAME-WHAT.test.ts has parts of it, and a test of several files of a room is in the room under the name of what it is about: then it
// imports something of that room. What is tested here beside the product is below test/ under the same path.

const unit = 'test/unit';
/** The whole of ferryctl: a test that runs it is about the part that its folder names. */
const wholeClient = 'client/cli/run.ts';

/** Tests that lie elsewhere, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'client/closed-output': 'it runs the built client as a program',
  'docs/dependencies': 'it compares docs/dependencies.md with package.json',
  'docs/links': 'it follows the links of all documents',
  messages: 'it compares the messages of all rooms with what tests demand',
  'shared-directories': 'it is about client and service alike',
  'service/verify/minisign/programs': 'it compares service/verify/ with the programs of that name',
  'varlink/codegen/usage': 'it uses what varlink/codegen has made of the interfaces',
};

const tests = readdirSync(unit, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => name.replace(/\.test\.ts$/, ''));
const complaints = [
  ...tests
    .filter((test) => exceptions[test] === undefined && !isInPlace(test))
    .map((test) => `test/unit/${test}.test.ts: there is no ${test}.ts, and nothing of ${dirname(test)}/ is imported`),
  ...Object.keys(exceptions)
    .filter((test) => !tests.includes(test) || isInPlace(test))
    .map((test) => `test/unit/${test}.test.ts needs no exception`),
];
for (const line of complaints) console.log(line);
console.log(`${tests.length} unit tests, ${Object.keys(exceptions).length} of them beside what they test`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function isInPlace(test: string): boolean {
  const room = dirname(test);
  if (existsSync(`${test}.ts`) || existsSync(`test/${test}.ts`) || isFolder(test)) return true;
  if (room !== '.' && existsSync(`${room}.ts`)) return true;
  if (room === '.' || !isFolder(room)) return false;
  const imports = importsOf(join(unit, `${test}.test.ts`), new Set());
  return [...imports].some(
    (path) => path.startsWith(`${room}/`) || (path === wholeClient && room.startsWith('client/')),
  );
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** What a test imports, itself, by way of the modules beside it, and by those of test/support/. */
function importsOf(file: string, seen: Set<string>): Set<string> {
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\(|new URL\()'(\.[^']*)'/g)) {
    const path = normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts');
    if (seen.has(path)) continue;
    seen.add(path);
    if (!existsSync(path)) continue;
    if (path.startsWith(`${unit}/`)) importsOf(path, seen);
    else if (path.startsWith('test/') && file.startsWith(`${unit}/`)) importsOf(path, seen);
  }
  return seen;
}
