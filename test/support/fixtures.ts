export * from './images/fixtures.js';
