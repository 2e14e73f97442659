export * from '../../support/service/daemons.js';
