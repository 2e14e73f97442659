import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transformSync } from 'esbuild';
import { generateIndex, generateModules } from '../../../../varlink/codegen/module.js';
import { checkInterface } from '../../../../varlink/idl/check.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { printInterface } from '../../../../varlink/idl/print.js';
import { seededRandom } from '../../../support/random.js';
import { randomInterface } from '../idl/random-interface.js';
import { moduleTexts, sourceSuffix } from './module-texts.js';

const generate = (text: string): Record<string, string> =>
  Object.fromEntries(generateModules({ definition: parseInterface(text), text, library: 'varlink', form: 'calls' }));

test('all that can be generated', () => {
  const modules = generate(sourceSuffix);
  assert.deepEqual(Object.keys(modules), Object.keys(moduleTexts));
  for (const [part, text] of Object.entries(moduleTexts)) assert.equal(modules[part], text);
});

test('one module exports all of them', () =>
  assert.equal(
    generateIndex(parseInterface('interface a.b'), ['enums', 'client']),
    '// Generated from a.b.varlink by varlink/codegen. Do not edit: change that file and generate again.\n\n' +
      "export * from './a.b/enums.generated.js';\nexport * from './a.b/client.generated.js';\n",
  ));

test('what is not defined is not generated, and nothing is imported that is not used', () => {
  const modules = generate('interface a.b type T (a: bool)');
  assert.deepEqual(Object.keys(modules), ['structs', 'definition']);
  assert.doesNotMatch(Object.values(modules).join(), /import|class|Handlers|Errors/);
});

const named: [what: string, text: string, expected: RegExp][] = [
  ['a label with a digit first', 'interface a.2b', /const _2bInterface =/],
  ['a label in capitals', 'interface a.B', /const bInterface =/],
  [
    'a type called as a global type',
    'interface a.b type Promise (a: ?Promise)',
    /type PromiseType = \{\n {2}a\?: PromiseType \| null;/,
  ],
  ['a type called as an import', 'interface a.b type VarlinkClient (a: int)', /type VarlinkClientType = /],
  ['a type called as what belongs to the whole', 'interface a.b type BClient (a: int)', /type BClientType = /],
  [
    'a type called as parameters',
    'interface a.b method M() -> () type MParameters (a: int)',
    /type MParametersType = /,
  ],
  [
    'two steps aside',
    'interface a.b type Record (a) type RecordType (a)',
    /type RecordTypeType =[\s\S]*type RecordType =/,
  ],
  ['a method called Constructor', 'interface a.b method Constructor() -> ()', /\n {2}constructorMethod\(parameters/],
  [
    "a method called as another with 'more'",
    "interface a.b\n# [Supports 'more' flag]\nmethod Pull() -> ()\nmethod PullMore() -> ()",
    /pull\([\s\S]*pullMoreMethod\([\s\S]*pullMore\(/,
  ],
  [
    'keywords as fields',
    'interface a.b type T (class: int, default: ?bool)',
    /\{\n {2}class: Integer;\n {2}default\?: boolean \| null;\n\}/,
  ],
  ['an end of comment in a comment', 'interface a.b\n# a */ b\ntype T (a)', /\/\*\* a \*\\\/ b \*\/\n/],
];

for (const [what, text, expected] of named) {
  test(what, () => {
    const modules = Object.values(generate(text));
    assert.match(modules.join('\n'), expected);
    for (const module of modules) transformSync(module, { loader: 'ts' });
  });
}

/** What the modules, without their types, export. */
async function evaluate(modules: Record<string, string>): Promise<Record<string, unknown>> {
  const exported = Object.values(modules).map(async (module) => {
    const { code } = transformSync(module, { loader: 'ts', format: 'esm', target: 'es2022' });
    return { ...(await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) };
  });
  return Object.assign({}, ...(await Promise.all(exported)));
}

test('the description is the source, byte for byte', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it must be escaped in what is generated
  const text = '# `back` \\ticks ${x} $ \\n é 💿 */\r\ninterface a.b\r# \u2028type T (a)\n';
  const { bInterface } = await evaluate(generate(text));
  assert.deepEqual(bInterface, { name: 'a.b', description: text });
});

test('values and error names are there at run time', async () => {
  const { sizeValues, diskToolsErrors } = await evaluate(moduleTexts);
  assert.deepEqual(sizeValues, ['small', 'large']);
  assert.deepEqual(diskToolsErrors, { NotFound: 'org.example.disk-tools.NotFound' });
});

test('the client passes its calls on', async () => {
  const { DiskToolsClient } = await evaluate(moduleTexts);
  const seen: unknown[] = [];
  const record = (way: string) => (method: string, parameters: unknown, options: unknown) => {
    seen.push([way, method, parameters, options]);
    return way;
  };
  const raw = { call: record('call'), callMore: record('callMore'), callUpgrade: record('callUpgrade') };
  assert(typeof DiskToolsClient === 'function');
  const client = Reflect.construct(DiskToolsClient, [raw]);
  assert.equal(client.find(), 'call');
  assert.equal(client.findMore({ name: 'x' }, { option: 1 }), 'callMore');
  assert.equal(client.putUpgrade({ name: 'y' }), 'callUpgrade');
  assert.deepEqual(seen, [
    ['call', 'org.example.disk-tools.Find', {}, undefined],
    ['callMore', 'org.example.disk-tools.Find', { name: 'x' }, { option: 1 }],
    ['callUpgrade', 'org.example.disk-tools.Put', { name: 'y' }, undefined],
  ]);
});

test('random definitions give valid modules', async () => {
  let count = 0;
  for (let seed = 0; seed < 3000 && count < 200; seed++) {
    const definition = randomInterface(seededRandom(seed));
    if (checkInterface(definition).some(({ severity }) => severity === 'error')) continue;
    count++;
    const text = printInterface(definition);
    const exported = await evaluate(generate(text));
    const description = Object.entries(exported).find(([name]) => name.endsWith('Interface'))?.[1];
    assert.deepEqual(description, { name: definition.name, description: text }, `seed ${seed}`);
  }
  assert.equal(count, 200);
});
