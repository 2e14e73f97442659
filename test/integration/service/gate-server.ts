export * from '../../support/servers/gate-server.js';
