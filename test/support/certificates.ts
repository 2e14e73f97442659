export * from './servers/certificates.js';
