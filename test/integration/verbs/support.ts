export {
  allocated,
  digestOf,
  leftovers,
  listing,
  opened,
  sharesAllBlocks,
  withOpen,
  write,
} from '../../support/files.js';
export {
  compress,
  compressors,
  type DiskForm,
  diskForms,
  makeDisk,
  makeTree,
  packWithTar,
} from '../../support/images/sources.js';
export { type ClientStreams, inShell, runWithStreams } from '../../support/service/client-streams.js';
export { assertFailure, onEachScene as onEach, Scene } from '../../support/service/scene.js';
export { type Ending, exportStream, importStream } from '../../support/service/upgraded.js';
