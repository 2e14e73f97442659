/**
 * JSON as Varlink peers in the field expect it, which is stricter than JSON.parse() and JSON.stringify(): integers keep
 * all 64 bits, duplicate keys, NUL characters, lone surrogates and deep nesting are refused, as sd-varlink does.
 */
export type { JsonObject, JsonValue } from './idl/value.js';
export { JsonError, jsonDepthMax } from './json/error.js';
export { type ParseOptions, parseJson } from './json/parse.js';
export { arrayOfPrinted, printExactJson, printJson, printNumber } from './json/print.js';
