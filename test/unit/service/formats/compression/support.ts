export {
  type Decoded,
  decodeAll,
  type Encoding,
  encodings,
  filter,
  hostWithout,
  ordinary,
  sample,
} from '../../../../support/formats/codecs.js';
export { memorySource } from '../../../../support/formats/memory-source.js';
