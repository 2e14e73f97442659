export { escapeText } from '../varlink/text.js';
