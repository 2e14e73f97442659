import type { Mutant } from './mutant.js';

const messages = 'unit/service/processes/ipc/message-policy';
const eachProcess = 'integration/sandbox/attacks';
const behindSandbox = 'each process of a transfer is behind';

/** What a process that strangers have taken over can still do, and what is believed of it. */
export const isolation: readonly Mutant[] = [
  {
    what: 'the filter of system calls holds only the thread that asks for it',
    search: 'const SECCOMP_FILTER_FLAG_TSYNC = 1;',
    replacement: 'const SECCOMP_FILTER_FLAG_TSYNC = 0;',
    test: eachProcess,
    only: behindSandbox,
  },
  {
    what: 'all processes without rights are one user',
    search: "const own = !rights && kind === 'own' ? ownIdentity() : undefined;",
    replacement: "const own = !rights && kind === 'other' ? ownIdentity() : undefined;",
    test: eachProcess,
    only: behindSandbox,
  },
  {
    what: 'processes keep the capabilities that they may get back',
    search: "'--bounding-set=-all'",
    replacement: "'--bounding-set=+all'",
    test: eachProcess,
    only: behindSandbox,
  },
  {
    what: 'a process says what only another one can know',
    search: 'if (!word.speakers.includes(speaker)) throw',
    replacement: 'if (!word.speakers.includes(speaker) && word.last) throw',
    test: messages,
  },
  {
    what: 'a process says a list without end',
    search: 'if (items.length > itemsMax) throw',
    replacement: 'if (items.length > 100 * itemsMax) throw',
    test: messages,
  },
  {
    what: 'a process has its lines shown on all terminals of the host',
    search: 'priority: [3, 7],',
    replacement: 'priority: [0, 7],',
    test: messages,
  },
  {
    what: 'a process names a path outside of the image directory',
    search: 'path !== undefined && !isBelow(path)',
    replacement: 'path !== undefined && !path.startsWith(root)',
    test: 'unit/service/transfers/kinds/pull',
  },
  {
    what: 'a process names a path that climbs out of the image directory',
    search: ' && !/\\/(\\.{0,2})(\\/|$)/.test(path.slice(root.length));',
    replacement: ';',
    test: 'unit/service/transfers/kinds/pull',
  },
  {
    what: 'a service keeps its notes in a directory that others may write to',
    search: 'return (mode & 0o022) === 0 ? undefined :',
    replacement: 'return (mode & 0o002) === 0 ? undefined :',
    test: 'unit/service/daemon/runtime-directory',
  },
  {
    what: "a service keeps its notes in somebody else's directory",
    search: 'if (owner !== uid) return `it belongs to user',
    replacement: 'if (owner < 0) return `it belongs to user',
    test: 'unit/service/daemon/runtime-directory',
  },
  {
    what: 'bidirectional text of strangers reaches the terminal',
    search: '\\u202a-\\u202e\\u2066-\\u2069\\p{',
    replacement: '\\u202a-\\u202d\\u2066-\\u2069\\p{',
    test: 'unit/varlink/text',
  },
  {
    what: 'control characters of strangers reach the terminal',
    search: '[\\u0000-\\u001f\\u007f-\\u009f\\u061c',
    replacement: '[\\u0000-\\u001f\\u061c',
    test: 'unit/varlink/text',
  },
  {
    what: 'a copied program runs as whoever has copied it',
    search: 'const isLost = !kept && (wanted & setIdBits) !== 0;',
    replacement: 'const isLost = !kept && wanted === setIdBits;',
    test: 'integration/images/copy-tree',
    only: 'without rights, owners are a loss',
  },
  {
    what: 'what is mounted in an image is removed with it',
    search: 'if (point === place || point.startsWith(`',
    replacement: 'if (point === place && point.startsWith(`',
    test: 'integration/images/install',
    only: 'what is mounted inside the old image',
  },
  {
    what: 'what arrived over a connection may be other bytes than were sent',
    search: 'said.bytes === moved.bytes && said.sha256 === moved.sha256',
    replacement: 'said.bytes === moved.bytes',
    test: 'unit/service/api/import-export',
    only: 'what arrived has to be what was sent',
  },
  {
    what: 'others read what is exported before it is whole',
    search: 'constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);',
    replacement: 'constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644);',
    test: 'unit/client/transfer/export-target',
  },
  {
    what: 'others read what has come of a download',
    search: 'const partialMode = 0o600;',
    replacement: 'const partialMode = 0o644;',
    test: 'unit/service/images/pristine/partial-mode',
  },
  {
    what: 'an export removes what another one is still writing',
    search: 'found.uid === process.geteuid?.() && tryLock(handle.fd)',
    replacement: 'found.uid === process.geteuid?.()',
    test: 'unit/client/transfer/export-target',
  },
];
