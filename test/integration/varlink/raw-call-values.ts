import {
  type Answer,
  type Case,
  call,
  closed,
  describe,
  invalid,
  noInterface,
  ok,
  parameters,
  ping,
  replies,
  service,
  varlink,
} from './raw-call.js';

const setLevel = (text: string) => call(`${service}.SetLogLevel`, parameters(`{"level":${text}}`));

export const ofParameters: readonly Case[] = [
  ['no parameters', ping(), ok],
  ['null parameters', ping(parameters('null')), ok],
  ['empty parameters', ping(parameters('{}')), ok],
  ['parameters that are an array', ping(parameters('[]')), closed],
  ['parameters that are a string', ping(parameters('"x"')), closed],
  ['parameters that are a number', ping(parameters('1')), closed],
  ['parameters that are false', ping(parameters('false')), closed],
  ['parameters twice', ping(parameters('{}') + parameters('{}')), closed],
  ['an unknown parameter', ping(parameters('{"extra":1}')), invalid('extra')],
  ['an unknown parameter that is null', ping(parameters('{"extra":null}')), invalid('extra')],
  ['a parameter without a name', ping(parameters('{"":1}')), invalid('')],
  ['a parameter __proto__', ping(parameters('{"__proto__":1}')), invalid('__proto__')],
  ['a parameter constructor', ping(parameters('{"constructor":1}')), invalid('constructor')],
  ['an unknown parameter twice', ping(parameters('{"x":6,"x":1}')), invalid('x')],
  ['a key twice in an unknown parameter', ping(parameters('{"x":{"a":6,"a":1}}')), invalid('x')],
  ['GetInfo with a parameter', call(`${varlink}.GetInfo`, parameters('{"x":1}')), invalid('x')],
  ['a missing parameter', describe('{}'), invalid('interface')],
  ['null where there must be a value', describe('{"interface":null}'), invalid('interface')],
  ['a number for a string', describe('{"interface":1}'), invalid('interface')],
  ['an array for a string', describe('{"interface":["a"]}'), invalid('interface')],
  ['an object for a string', describe('{"interface":{}}'), invalid('interface')],
  ['a bool for a string', describe('{"interface":true}'), invalid('interface')],
  ['1e400 for a string', describe('{"interface":1e400}'), invalid('interface')],
  ['two unknown parameters', describe('{"interface":"a.b","x":1,"y":2}'), invalid('x')],
  ['a missing parameter before an unknown one', describe('{"x":1}'), invalid('interface')],
  ['an unknown interface', describe('{"interface":"a.b"}'), noInterface('a.b')],
  ['an empty interface', describe('{"interface":""}'), noInterface('')],
  ['an interface without a dot', describe('{"interface":"a"}'), noInterface('a')],
  [
    'an interface of a megabyte',
    describe(`{"interface":"${'a'.repeat(1024 ** 2)}"}`),
    noInterface('a'.repeat(1024 ** 2)),
  ],
];

const levels: readonly (readonly [texts: readonly string[], answer: Answer])[] = [
  [['0', '6', '-0', '-0.0', '7.0', '7e0', '70e-1', '0.7e1', '1e-400', '6.0000000000000000000001'], ok],
  [['"6"', '"06"', '"0006"', '"+6"', '"-0"', '" 6"', '"\\t6"', '"\\n\\r\\f\\u000b6"'], ok],
  [['"0x6"', '"0X6"', '"0b110"', '"0o6"'], ok],
  [['-1', '8', '7.5', '1e3', 'true', 'false', '[]', '[6]', '{}', '1e308', '1e16', '1e19', '1e20'], invalid('level')],
  [
    ['""', '"x"', '"-6"', '"--6"', '"+ 6"', '"6 "', '"6\\n"', '"6.0"', '"6e0"', '"0x"', '"1_0"', '"99"'],
    invalid('level'),
  ],
  [['"010"', '"٦"', '"９"', '"info"'], invalid('level')],
  [['2147483647', '2147483648', '-2147483649', '4294967295', '4294967296'], invalid('level')],
  [['9007199254740993', '36028797018963968', '9223372036854775807', '9223372036854775808'], invalid('level')],
  [['18446744073709551615', '18446744073709551616', '-9223372036854775809'], invalid('level')],
  [['"18446744073709551615"', '"18446744073709551616"', '"-9223372036854775809"'], invalid('level')],
  [['06', '+6', '.6', '6.', '0x6', '6e', '-', 'NaN', 'Infinity', '-Infinity', '"6\\u0000"'], closed],
];

const notANumber = 'what no number can hold is not taken for null';

export const ofIntegers: readonly Case[] = [
  ...levels.flatMap(([texts, answer]) => texts.map((text): Case => [`${text} for an int`, setLevel(text), answer])),
  ['1e400 for an int', setLevel('1e400'), ok, [invalid('level'), notANumber]],
  ['-1e400 for an int', setLevel('-1e400'), ok, [invalid('level'), notANumber]],
  ['null for an int', setLevel('null'), ok, [invalid('level'), 'a level that is null is as missing as an absent one']],
  ['a missing int', call(`${service}.SetLogLevel`, parameters('{}')), invalid('level')],
  ['an int twice', call(`${service}.SetLogLevel`, parameters('{"level":6,"level":6}')), invalid('level')],
  [
    'an int twice, once with escapes',
    call(`${service}.SetLogLevel`, parameters('{"level":6,"l\\u0065vel":6}')),
    invalid('level'),
  ],
  ['an int with escapes in its name', call(`${service}.SetLogLevel`, parameters('{"l\\u0065vel":6}')), ok],
  [
    'an int that was set from a string',
    `${setLevel('"0x5"')}${call(`${service}.GetLogLevel`)}`,
    replies({}, { parameters: { level: 5 } }),
  ],
];
