export * from './peer/peer.js';
