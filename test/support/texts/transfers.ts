import type { Value } from '../like.js';

// What transfers says, as far as more than one test demands it: see docs/testing.md.

export const canBeAskedAgain = 'it can be asked again';
export const cannotStartProcess = (name: Value) => `Cannot start the ${name} process of the transfer`;
export const cannotUseDirectory = (path: Value, reason: Value) =>
  `Cannot use ${path}: ${reason}; choose a directory of your own`;
export const completeButUnfinished = (name: Value) =>
  `the image '${name}' is complete and has its name, but what follows may not be done`;
export const droppedLogMessages = (count: Value, name: Value) =>
  `Dropped ${count} log messages of the ${name} process: too many at once`;
export const hasMoreThanBytes = (limit: Value) => `has more than ${limit} bytes`;
export const headersCannotBeUsed = (path: Value) => `The headers for downloads in ${path} cannot be used`;
export const isMarkup = 'is HTML or XML';
export const isNotBoolean = (name: Value, value: Value) => `Cannot read ${name}: '${value}' is not a boolean; it stays`;
export const lineIsNotHeader = (line: Value) => `line ${line} is not of the form 'HOST NAME: VALUE'`;
export const makesImageAlready = (id: Value, name: Value) =>
  `Transfer ${id} is making an image '${name}' already; cancel it or choose another name`;
export const waitingForLayer = (id: Value) => `Waiting for a layer that transfer ${id} downloads`;
export const nothingWasPlaced = 'nothing was placed, the transfer can be repeated';
export const notifySocketIsNotOne = (value: Value) => `NOTIFY_SOCKET is '${value}', which is not a socket`;
export const notVerityData = 'does not begin as verity data does';
export const othersCanReadIt = (mode: Value) => `others can read it (mode ${mode}): run chmod 600 on it`;
export const othersMayWrite = (mode: Value) => `its mode is 0${mode}, so others may write there`;
export const processesDisagree = (sender: Value, bytes: Value, receiver: Value, received: Value) =>
  `The ${sender} process sent ${bytes} bytes and the ${receiver} process received ${received}; nothing was placed`;
export const processOfTransfer = (name: Value) => `The ${name} process of the transfer`;
export const readyDescriptorIsNotOne = (value: Value) => `FERRY_READY_FD is '${value}', which is not a descriptor`;
export const sentInvalidMessage = (what: Value) => `sent an invalid message (${what}) and was killed`;
export const sentUnaskedFor = (name: Value, what: Value) =>
  `The ${name} process sent '${what}', which was not asked for; nothing was placed`;
export const serviceIsStopping = 'The service is stopping; the transfer was ended and can be repeated';
export const spareEnded = (name: Value, how: Value) =>
  `A spare ${name} process ended (${how}); the next transfer starts one itself`;
export const thereIsNone = (what: Value, status: Value) => `There is no ${what} (status ${status}); is the URL right?`;
export const wasCancelled = 'The transfer was cancelled; nothing was placed';
export const cannotStoreExactly = (files: Value) => `Cannot store ${files} exactly: without`;
export const cannotStoreAsStrict = (files: Value, what: Value) =>
  `Cannot store ${files} exactly, as --strict requires: without ${what}; omit --strict, or use another file system or more rights`;
export const attributesAndAcls = 'extended attributes and ACLs';
export const noTransfer = (id: Value) => `There is no transfer ${id}; 'ferryctl list-transfers' shows those there are`;
export const longerThan = (path: Value, limit: Value) => `Cannot listen on ${path}: it is longer than ${limit} bytes`;
