export * from './servers/release.js';
