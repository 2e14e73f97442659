import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../../../../varlink/codegen/command.js';
import { projectFile } from '../../../support/project.js';
import { temporaryDirectory } from '../../../support/temporary.js';

const noEvents = { lines: [], status: 0 };

test('our own modules are what their definitions say', () =>
  assert.deepEqual(runCommand(['--check', `--interfaces=${projectFile('interfaces')}`]), noEvents));

test('our own modules of messages are what their definitions say', () => {
  const options = [`--interfaces=${projectFile('interfaces', 'internal')}`, '--library=../../../varlink'];
  assert.deepEqual(runCommand(['--check', '--messages', ...options]), noEvents);
});

test('messages are a union, with undefined for what may be null and exact numbers', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(
    directory.file('a.b.varlink'),
    'interface a.b type T (n: ?int) # Says.\nmethod Say(t: T, x: object) -> () method End() -> ()',
  );
  runCommand(['--messages', `--interfaces=${directory.path}`]);
  const folder = directory.file('generated', 'a.b');
  assert.deepEqual(readdirSync(folder), [
    'definition.generated.ts',
    'messages.generated.ts',
    'structs.generated.ts',
    'union.generated.ts',
  ]);
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  assert.ok(text.includes('export type T = {\n  n?: number | undefined;\n};'));
  assert.ok(
    text.includes(
      "/** Says. */\nexport type SayMessage = {\n  type: 'say';\n  t: T;\n  x: Record<string, JsonValue>;\n};",
    ),
  );
  assert.ok(text.includes("export type EndMessage = {\n  type: 'end';\n};"));
  assert.ok(text.includes('export type BMessage =\n  | SayMessage\n  | EndMessage;'));
  assert.match(text, /^export const bDefinition: InterfaceDefinition = \{.*"name":"Say".*\};$/m);
  assert.doesNotMatch(text, /Client|Handlers|Reply|description:/);
});

test('modules are written, checked, and removed with their definition', async (t) => {
  await using directory = temporaryDirectory(t);
  const output = directory.file('generated');
  const run = (...options: string[]) => runCommand([`--interfaces=${directory.path}`, ...options]);
  assert.deepEqual(run(), noEvents);

  writeFileSync(directory.file('a.b.varlink'), 'interface a.b type T (a: int)');
  writeFileSync(directory.file('a.c.varlink'), 'interface a.c type T (a: int)');
  const missing = (name: string) => `${output}/${name}.generated.ts is not what its definition says; generate it again`;
  const filesOf = (name: string) => [name, `${name}/structs`, `${name}/definition`];
  const all = ['a.b', 'a.c'].flatMap(filesOf);
  assert.deepEqual(run('--check'), { lines: all.map(missing), status: 1 });
  assert.deepEqual(run(), { lines: all.map((name) => `${output}/${name}.generated.ts written`), status: 0 });
  assert.deepEqual(run('--check'), noEvents);
  assert.deepEqual(run(), noEvents);
  const structs = readFileSync(`${output}/a.b/structs.generated.ts`, 'utf8');
  assert.match(structs, /from '..\/..\/..\/varlink\/idl\/value.js'/);

  writeFileSync(directory.file('a.b.varlink'), 'interface a.b type T (a: bool)');
  const changed = ['a.b/structs', 'a.b/definition'].map(missing);
  assert.deepEqual(run('--check'), { lines: changed, status: 1 });
  writeFileSync(`${output}/x.y.generated.ts`, '');
  mkdirSync(`${output}/x.y`);
  writeFileSync(`${output}/x.y/enums.generated.ts`, '');
  const orphans = ['x.y', 'x.y/enums'].map((name) => `${output}/${name}.generated.ts has no definition; remove it`);
  assert.deepEqual(run('--check'), { lines: [...changed, ...orphans], status: 1 });
  run();
  assert.deepEqual(readdirSync(output), ['a.b', 'a.b.generated.ts', 'a.c', 'a.c.generated.ts']);
});

test('the folders may be elsewhere, and the library too', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('in'));
  writeFileSync(directory.file('in', 'a.b.varlink'), 'interface a.b type T (a: int)');
  runCommand([`--interfaces=${directory.file('in')}`, `--output=${directory.file('out')}`, '--library=some-varlink']);
  assert.match(
    readFileSync(directory.file('out', 'a.b', 'structs.generated.ts'), 'utf8'),
    /from 'some-varlink\/idl\/value.js'/,
  );
});

const refused: [file: string, text: string, message: string][] = [
  ['a.b.varlink', 'interface a.b\ntype T (a: int,)', "a.b.varlink:2:16: expected a field name, found ')'"],
  ['a.b.varlink', 'interface a.b type T (a: U)', 'a.b.varlink: T.a: the type U is not defined'],
  ['a.b.varlink', 'interface a.c', 'a.b.varlink: defines a.c, so it should be called a.c.varlink'],
];

for (const [file, text, message] of refused) {
  test(`refused: ${message}`, async (t) => {
    await using directory = temporaryDirectory(t);
    writeFileSync(directory.file(file), text);
    writeFileSync(directory.file('o.k.varlink'), 'interface o.k type T (a: int)');
    const { lines, status } = runCommand([`--interfaces=${directory.path}`]);
    assert.equal(status, 1);
    assert.equal(lines[0], `${directory.path}/${message}`);
    assert.deepEqual(readdirSync(directory.path), [file, 'o.k.varlink'], 'nothing is written');
  });
}

test('what is not portable is only told', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('a.b.varlink'), 'interface a.b type T (a: any)');
  const { lines, status } = runCommand([`--interfaces=${directory.path}`]);
  assert.equal(status, 0);
  assert.match(lines.join('\n'), /a.b.varlink: T.a: 'any' is an extension/);
});

test('options that are not known are told', () => {
  const { lines, status } = runCommand(['--chek']);
  assert.equal(status, 2);
  assert.match(lines.join(), /'--chek'/);
  assert.match(runCommand(['--help']).lines.join(), /--check/);
});
