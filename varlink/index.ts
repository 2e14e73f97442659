/** A Varlink library: https://varlink.org */
export * from './client/client.js';
export * from './error.js';
export type * from './idl/ast.js';
export { IdlError, parseInterface } from './idl/parse.js';
export * from './json.js';
export * from './server/server.js';
export { AddressError } from './transport/address.js';
export type { ReceivedDescriptors } from './transport/descriptors.js';
