import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateModules } from '../../../../varlink/codegen/module.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';

const text = `interface a.b
type Inner(value: int)
type Alone(inner: Inner, shared: Shared)
type Shared(value: int)
type Told(value: int)
# [Told to worker]
method Work(alones: []?Alone) -> ()
# [Said by worker]
method Done(shared: [string]Shared, told: Told) -> ()
`;

test('orders, answers, and the structs that only one of both needs have modules of their own', () => {
  const modules = generateModules({ definition: parseInterface(text), text, library: '../varlink', form: 'messages' });
  const declared = [...modules].map(([part, code]) => [
    part,
    [...code.matchAll(/^export type (\w+)/gm)].map(([, name]) => name),
  ]);
  assert.deepEqual(declared, [
    ['structs', ['Shared']],
    ['order-structs', ['Inner', 'Alone']],
    ['answer-structs', ['Told']],
    ['orders', ['WorkMessage']],
    ['messages', ['DoneMessage']],
    ['union', ['BMessage']],
    ['definition', []],
  ]);
});
