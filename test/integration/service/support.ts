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
export { callAs, errorOf, Running } from '../../support/service/calls.js';
export {
  gate,
  heldBytes,
  needsService,
  type Stage,
  setStage,
  someBytes,
  stageOn,
} from '../../support/service/stage.js';
export { findWorker, runs, sparesOf, untilGone, type Worker, workersOf } from '../../support/service/workers.js';
