export * from './servers/fault-server.js';
