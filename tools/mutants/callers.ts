import type { Mutant } from './mutant.js';

const stranger = 'integration/service/authorization';
const importExport = 'unit/service/api/import-export';
const serve = 'unit/service/api/serve';
const connect = 'unit/client/connect/connect';
const eachProcess = 'integration/sandbox/attacks';

/** Who may what, and how much of it. */
export const callers: readonly Mutant[] = [
  {
    what: 'anybody exports',
    search: "Export: 'io.ferry.export',",
    replacement: "Export: 'everybody',",
    test: importExport,
    only: 'a stranger neither imports nor exports',
  },
  {
    what: 'anybody says that a transfer is complete',
    search: "Finish: ownerOr('nobody'),",
    replacement: "Finish: 'everybody',",
    test: importExport,
    only: 'only who imports, and root',
  },
  {
    what: 'anybody cleans',
    search: "Clean: 'io.ferry.manage',",
    replacement: "Clean: 'everybody',",
    test: stranger,
  },
  {
    what: 'anybody cancels',
    search: "Cancel: ownerOr('io.ferry.cancel'),",
    replacement: "Cancel: 'everybody',",
    test: stranger,
  },
  {
    what: 'a method asks who may call it when it is done',
    search: 'await permit(call, right, owner);\n    await run();',
    replacement: 'await run();\n    await permit(call, right, owner);',
    test: serve,
  },
  {
    what: 'everybody owns every transfer',
    search: 'if (call.peer.uid !== owner) await permit(',
    replacement: 'if (call.peer.uid < 0) await permit(',
    test: serve,
  },
  {
    what: 'what is for nobody else is for everybody',
    search: "if (!isTrusted(call.peer)) throw serviceErrors.permissionDenied();\n  } else if (right !== 'everybody')",
    replacement: "} else if (right !== 'everybody')",
    test: serve,
  },
  {
    what: 'anybody lists the directory of their choice',
    search: 'if (imageRoot && !isTrusted(call.peer)) throw serviceErrors.permissionDenied();',
    replacement: '',
    test: stranger,
  },
  {
    what: 'anybody chooses the directory of an image',
    search: 'if (!isTrusted(peer)) throw serviceErrors.permissionDenied();\n  return plain;',
    replacement: 'return plain;',
    test: 'unit/service/api/pull-request',
  },
  {
    what: 'anybody pulls files of the host',
    search: "if (split.url.startsWith('file:') && !isTrusted(peer)) throw",
    replacement: "if (split.url.startsWith('file:/proc') && !isTrusted(peer)) throw",
    test: 'unit/service/api/pull-request',
  },
  {
    what: 'a refused question of polkit is a yes',
    search: 'if (status === granted) return;',
    replacement: 'if (status !== undefined) return;',
    test: 'unit/service/api/authorize',
  },
  {
    what: 'everybody is asked about all at once',
    search: 'const questions = new UserQueues(1, waitingMax);',
    replacement: 'const questions = new UserQueues(100, waitingMax);',
    test: 'integration/faults/fairness',
    only: 'polkit is asked one question',
  },
  {
    what: 'a descriptor of a transfer that was cancelled stays open',
    search: 'if (signal.aborted) onDropped?.();',
    replacement: '',
    test: 'unit/service/transfers/manager',
  },
  {
    what: 'the connections of a user are not counted',
    search: 'if (uid !== 0 && count >= this.#limits.connectionsPerUser) {',
    replacement: 'if (uid !== 0 && count >= 100 * this.#limits.connectionsPerUser) {',
    test: 'integration/varlink/limits',
  },
  {
    what: 'a message has no end',
    search: 'if (this.#size - bytes.length >= messageSizeMax)',
    replacement: 'if (this.#size - bytes.length >= 100 * messageSizeMax)',
    test: 'unit/varlink/transport/descriptor-channel',
    only: '16 MiB pass, 17 do not',
  },
  {
    what: 'one user fills the memory with calls',
    search: 'if ((this.#held.get(uid) ?? 0) + bytes > this.#max) return false;',
    replacement: '',
    test: 'unit/varlink/server/allowances',
    only: 'each user has an allowance',
  },
  {
    what: 'descriptors that nobody has taken stay open while a call waits',
    search: 'const handled = this.#handle(call, pending, descriptors);\n    descriptors[Symbol.dispose]();',
    replacement: 'const handled = this.#handle(call, pending, descriptors);',
    test: 'unit/varlink/server/descriptors',
  },
  {
    what: 'descriptors may come in the middle of a message',
    search: "if (!isFirst) throw new ProtocolError('descriptors that do not",
    replacement: "if (isTruncated) throw new ProtocolError('descriptors that do not",
    test: 'unit/varlink/transport/descriptor-channel',
  },
  {
    what: 'who calls most is served first',
    search: 'this.#waiting.delete(user);\n    if (queue.length > 0) this.#waiting.set(user, queue);',
    replacement: 'if (queue.length === 0) this.#waiting.delete(user);',
    test: 'unit/varlink/server/turns',
  },
  {
    what: 'calls of one user are handled in one row',
    search: '    setImmediate(this.#runNext);',
    replacement: '    queueMicrotask(this.#runNext);',
    test: 'unit/varlink/server/flood',
  },
  {
    what: 'a call of any number of values is parsed',
    search: "if (--this.#valuesLeft < 0) this.#fail('too many values');",
    replacement: '',
    test: 'unit/varlink/wire/message',
  },
  {
    what: "a directory that is another user's holds the socket",
    search: 'if (found.uid !== userId) return ownerProblem(found.uid, userId);\n  return (found.mode & denied)',
    replacement: 'return (found.mode & denied)',
    test: connect,
    only: 'such a directory is refused',
  },
  {
    what: 'a directory that others may write to holds the socket',
    search: 'return (found.mode & denied) === 0 ? undefined',
    replacement: 'return (found.mode & denied) !== denied ? undefined',
    test: connect,
    only: 'such a directory is refused',
  },
  {
    what: 'a link stands for the directory of the socket',
    search:
      'const found = lstatSync(directory, { throwIfNoEntry: false });\n  if (found === undefined) return undefined;\n  if (!found.isDirectory())',
    replacement:
      'const found = statSync(directory, { throwIfNoEntry: false });\n  if (found === undefined) return undefined;\n  if (!found.isDirectory())',
    test: connect,
    only: 'such a directory is refused',
  },
  {
    what: 'another process with the number of a leader is entered',
    search:
      'if (leader.inode === undefined || fstatSync(pinned, { bigint: true }).ino === leader.inode) return pinned;',
    replacement: 'return pinned;',
    test: 'integration/remote/container',
    only: 'a container that has ended',
  },
  {
    what: 'the manager of images keeps the network',
    search: 'manage: { network: false,',
    replacement: 'manage: { network: true,',
    test: eachProcess,
    only: 'each process of a transfer is behind',
  },
  {
    what: 'processes without rights see writable mounts',
    search: '...(rights ? [] : [this.#mounts])]',
    replacement: ']',
    test: eachProcess,
    only: 'each process of a transfer is behind',
  },
];
