export * from './servers/nginx.js';
