export * from './service/journal.js';
