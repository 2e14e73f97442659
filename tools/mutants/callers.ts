import type { Mutant } from './mutant.js';

const strangers = ['integration/service/authorization', 'unit/service/api'];
const connect = ['unit/client/connect'];

/** Who may what, and how much of it. */
export const callers: readonly Mutant[] = [
  {
    what: 'an export over the connection asks nobody',
    search: "Export: 'io.ferry.export',",
    replacement: "Export: 'everybody',",
    tests: strangers,
  },
  {
    what: 'anybody says that a transfer is complete',
    search: "Finish: ownerOr('nobody'),",
    replacement: "Finish: 'everybody',",
    tests: strangers,
  },
  {
    what: 'anybody cleans',
    search: "Clean: 'io.ferry.manage',",
    replacement: "Clean: 'everybody',",
    tests: strangers,
  },
  {
    what: 'anybody lists the directory of their choice',
    search: 'if (imageRoot && !isTrusted(call.peer)) throw serviceErrors.permissionDenied();',
    replacement: '',
    tests: strangers,
  },
  {
    what: 'anybody chooses the directory of an image',
    search: 'if (!isTrusted(peer)) throw serviceErrors.permissionDenied();\n  return plain;',
    replacement: 'return plain;',
    tests: strangers,
  },
  {
    what: 'anybody pulls files of the host',
    search: "if (wish.url.startsWith('file:') && !isTrusted(peer)) throw",
    replacement: "if (wish.url.startsWith('file:/proc') && !isTrusted(peer)) throw",
    tests: strangers,
  },
  {
    what: 'anybody watches',
    search: 'if (call.peer.uid !== owner) await permit(',
    replacement: 'if (call.peer.uid < 0) await permit(',
    tests: strangers,
  },
  {
    what: 'a refused question of polkit is a yes',
    search: 'if (status === granted) return;',
    replacement: 'if (status !== null) return;',
    tests: strangers,
  },
  {
    what: 'everybody is asked about all at once',
    search: 'const questions = new UserQueues(1, waitingMax);',
    replacement: 'const questions = new UserQueues(100, waitingMax);',
    tests: ['integration/faults/fairness'],
  },
  {
    what: 'a descriptor of a transfer that was cancelled stays open',
    search: 'if (signal.aborted) onDropped?.();',
    replacement: '',
    tests: ['unit/service/transfers/manager'],
  },
  {
    what: 'the connections of a user are not counted',
    search: 'if (uid !== 0 && count >= this.#limits.connectionsPerUser) {',
    replacement: 'if (uid !== 0 && count >= 100 * this.#limits.connectionsPerUser) {',
    tests: ['varlink/limits'],
  },
  {
    what: 'a message has no end',
    search: 'if (this.#size - bytes.length >= MESSAGE_SIZE_MAX)',
    replacement: 'if (this.#size - bytes.length >= 100 * MESSAGE_SIZE_MAX)',
    tests: ['integration/faults/varlink'],
  },
  {
    what: 'one user fills the memory with calls',
    search: 'if ((this.#held.get(uid) ?? 0) + bytes > this.#max) return false;',
    replacement: '',
    tests: ['server/allowances'],
  },
  {
    what: 'descriptors that nobody has taken stay open while a call waits',
    search: 'const handled = this.#handle(call, pending, descriptors);\n    descriptors[Symbol.dispose]();',
    replacement: 'const handled = this.#handle(call, pending, descriptors);',
    tests: ['server/descriptors'],
  },
  {
    what: 'descriptors may come in the middle of a message',
    search: "if (!isFirst) throw new ProtocolError('descriptors that do not",
    replacement: "if (isTruncated) throw new ProtocolError('descriptors that do not",
    tests: ['transport/descriptor-channel'],
  },
  {
    what: 'who calls most is served first',
    search: 'this.#waiting.delete(user);\n    if (queue.length > 0) this.#waiting.set(user, queue);',
    replacement: 'if (queue.length === 0) this.#waiting.delete(user);',
    tests: ['server/turns'],
  },
  {
    what: 'a call of any number of values is parsed',
    search: "if (--this.#valuesLeft < 0) this.#fail('too many values');",
    replacement: '',
    tests: ['wire/message'],
  },
  {
    what: "a directory that is another user's holds the socket",
    search: 'if (found.uid !== userId) return ownerProblem(found.uid, userId);\n  return (found.mode & denied)',
    replacement: 'return (found.mode & denied)',
    tests: connect,
  },
  {
    what: 'a directory that others may write to holds the socket',
    search: 'return (found.mode & denied) === 0 ? undefined',
    replacement: 'return (found.mode & denied) !== denied ? undefined',
    tests: connect,
  },
  {
    what: 'a link stands for the directory of the socket',
    search:
      'const found = lstatSync(directory, { throwIfNoEntry: false });\n  if (found === undefined) return undefined;\n  if (!found.isDirectory())',
    replacement:
      'const found = statSync(directory, { throwIfNoEntry: false });\n  if (found === undefined) return undefined;\n  if (!found.isDirectory())',
    tests: connect,
  },
  {
    what: 'another process with the number of a leader is entered',
    search:
      'if (leader.inode === undefined || fstatSync(pinned, { bigint: true }).ino === leader.inode) return pinned;',
    replacement: 'return pinned;',
    tests: [...connect, 'integration/remote/container'],
  },
  {
    what: 'the manager of images keeps the network',
    search: 'const apart = needs.network ? [] : network.command;',
    replacement: 'const apart = needs.network || needs.rights ? [] : network.command;',
    tests: ['integration/service/sandbox'],
  },
  {
    what: 'the stream process sees writable mounts',
    search: '[...apart, ...mounts.command, ...rights.command, ...program(worker, inside)]',
    replacement: '[...apart, ...rights.command, ...program(worker)]',
    tests: ['integration/service/sandbox'],
  },
];
