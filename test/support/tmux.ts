export * from './terminal/tmux.js';
