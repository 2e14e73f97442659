export * from './images/filesystems.js';
