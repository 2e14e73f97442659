export * from './service/ferry-host.js';
