export * from './servers/generated-content.js';
