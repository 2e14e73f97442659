export * from './servers/ports.js';
