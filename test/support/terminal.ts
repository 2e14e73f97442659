export * from './terminal/terminal.js';
