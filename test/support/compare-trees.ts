export * from './images/compare-trees.js';
