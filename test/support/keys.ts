export * from './servers/keys.js';
