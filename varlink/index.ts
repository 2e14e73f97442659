/** A Varlink library: https://varlink.org */
export * from './error.js';
export * from './json.js';
export * from './server/server.js';
