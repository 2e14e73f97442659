import type { Mutant } from './mutant.js';

const synchronized = 'integration/faults/synchronized';
const named = 'on ext4 nothing gets its name';
const exported = 'on ext4 an exported file';
const pristine = 'integration/images/pristine';
const extract = 'unit/service/formats/tar/unpack/extract';
const hostile = 'unit/service/formats/tar/hostile';
const qcow2 = 'unit/service/formats/qcow2/convert-hostile';
const frames = 'unit/service/processes/ipc/frames';

/** What images are kept and made of. */
export const images: readonly Mutant[] = [
  {
    what: 'content is not synchronised before it has its name',
    search:
      "if (request.synchronize) synchronizeTemporary(temporary);\n  step?.('synchronized');\n  const replaced = takeName(",
    replacement: "step?.('synchronized');\n  const replaced = takeName(",
    test: synchronized,
    only: named,
  },
  {
    what: 'the directory is not synchronised after a name was given',
    search: 'installSidecars(request, replaced);\n    if (request.synchronize) synchronize(root.descriptor);',
    replacement: 'installSidecars(request, replaced);',
    test: synchronized,
    only: named,
  },
  {
    what: 'an original is not synchronised before it has its name',
    search:
      "if (request.synchronize) synchronizeTemporary(temporary);\n  step?.('synchronized');\n  // Those of another",
    replacement: "step?.('synchronized');\n  // Those of another",
    test: synchronized,
    only: named,
  },
  {
    what: 'a sidecar of an original is not synchronised before it has its name',
    search: 'fchmodSync(temporary.descriptor, 0o444);\n  if (request.synchronize) synchronize(temporary.descriptor);',
    replacement: 'fchmodSync(temporary.descriptor, 0o444);',
    test: synchronized,
    only: named,
  },
  {
    what: 'proofs are not synchronised before they have their name',
    search: 'if (place.synchronize) synchronize(temporary.descriptor);\n',
    replacement: '',
    test: synchronized,
    only: named,
  },
  {
    what: 'a sidecar of an image is not synchronised before it has its name',
    search: 'if (request.synchronize) synchronize(temporary.descriptor);\n  if (force) {',
    replacement: 'if (force) {',
    test: synchronized,
    only: named,
  },
  {
    what: 'an exported file is not synchronised before it has its name',
    search: 'await handle.sync();\n      await rename(temporary, path);',
    replacement: 'await rename(temporary, path);',
    test: synchronized,
    only: exported,
  },
  {
    what: 'the directory of an exported file is not synchronised',
    search: 'await syncDirectory(dirname(path));',
    replacement: '',
    test: synchronized,
    only: exported,
  },
  {
    what: 'a name is given without its lock',
    search: 'using _nameLock = lockName(name, host);',
    replacement: '',
    test: 'integration/images/install',
    only: 'another transfer is just giving',
  },
  {
    what: 'an image in use is replaced',
    search: "lock.adopt(lockImage(root.pathOf(fileName), name, 'exclusive', host));",
    replacement: "lock.adopt(lockImage(root.pathOf(fileName), name, 'shared', host));",
    test: 'integration/images/install',
    only: 'a shared lock, which',
  },
  {
    what: 'an original that is being copied is removed',
    search: "using _lock = lockImage(root.pathOf(name), name, 'exclusive', host);\n    action();",
    replacement: 'action();',
    test: 'integration/images/manage',
    only: 'cleaning takes originals',
  },
  {
    what: 'a lock file that was removed while it was opened counts',
    search: 'if (held && fstatSync(descriptor).nlink > 0) return',
    replacement: 'if (held) return',
    test: 'integration/images/locks',
  },
  {
    what: 'the lock is that of another inode',
    search: 'const status = statSync(path, { bigint: true });\n  if (!status.isBlockDevice())',
    replacement: 'const status = statSync(dirname(path), { bigint: true });\n  if (!status.isBlockDevice())',
    test: 'integration/images/locks',
  },
  {
    what: 'what a running transfer makes is cleaned',
    search: "if (locks.includes('held')) return undefined;",
    replacement: '',
    test: 'integration/images/temporary',
  },
  {
    what: 'the recorded URL of an original is not looked at',
    search: 'if (recordedUrl !== undefined && !namesSameUrl(',
    replacement: "if (recordedUrl === '' && !namesSameUrl(",
    test: pristine,
  },
  {
    what: 'an original that was made writable is used',
    search: 'const record = isUntouched(descriptor, format) ? readRecord(descriptor) : undefined;',
    replacement: 'const record = readRecord(descriptor);',
    test: pristine,
  },
  {
    what: 'a record that anybody can write counts for root',
    search: "maySetTrusted() ? 'trusted' : 'user'",
    replacement: "'user'",
    test: pristine,
  },
  {
    what: "records of Ferry's own are taken over from archives",
    search: 'return /^(user|trusted|security|system)\\.ferry\\./.test(name);',
    replacement: 'return /^trusted\\.ferry\\./.test(name);',
    test: 'unit/service/images/pristine/record',
  },
  {
    what: "somebody else's file is gone on with",
    search: 'uid === process.geteuid?.() &&\n    nlink === 1 &&',
    replacement: 'nlink === 1 &&',
    test: 'unit/service/images/pristine/partial',
  },
  {
    what: 'an archive overwrites through a link',
    search: 'const beneathFlags = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;',
    replacement: 'const beneathFlags = RESOLVE_BENEATH;',
    test: hostile,
  },
  {
    what: 'a file of an archive is opened where something is already',
    search: 'const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;',
    replacement: 'const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;',
    test: hostile,
  },
  {
    what: 'names of an archive may climb',
    search: "if (parts.includes('..')) throw corruptArchive(",
    replacement: "if (parts[0] === '..' && parts.length === 1) throw corruptArchive(",
    test: hostile,
  },
  {
    what: 'absolute names of an archive are taken',
    search: "if (name.startsWith('/')) throw corruptArchive('has an absolute name', offset, name);",
    replacement: '',
    test: hostile,
  },
  {
    what: 'a sparse map may go back',
    search: 'if (start < end || length < 0 || start + length > map.size)',
    replacement: 'if (length < 0 || start + length > map.size)',
    test: extract,
    only: 'a sparse map goes forward',
  },
  {
    what: 'a sparse map may reach beyond its file',
    search: 'if (start < end || length < 0 || start + length > map.size)',
    replacement: 'if (start < end || length < 0)',
    test: extract,
    only: 'a sparse map goes forward',
  },
  {
    what: 'a last hole of one byte is lost',
    search: 'if (end < size) ftruncate(descriptor, size);',
    replacement: 'if (end < size - 1) ftruncate(descriptor, size);',
    test: extract,
    only: 'a file keeps its size whatever its last hole',
  },
  {
    what: 'an archive holds one byte more than is allowed',
    search: 'if (this.written + entry.stored > this.#sizeMax) throw',
    replacement: 'if (this.written + entry.stored > this.#sizeMax + 1) throw',
    test: extract,
    only: 'holes do not count against the size limit',
  },
  {
    what: 'the bits of another owner stay on a program',
    search: 'const isLost = !kept && (wanted & setIdBits) !== 0;',
    replacement: 'const isLost = !kept && wanted === setIdBits;',
    test: extract,
  },
  {
    what: 'a disk holds one byte more than is allowed',
    search: 'if (this.counted <= this.#sizeMax) return;',
    replacement: 'if (this.counted <= this.#sizeMax + 1) return;',
    test: 'unit/service/formats/disk/sparse',
  },
  {
    what: 'zeros have no end',
    search: 'if (size > this.#whole) throw this.#tooLarge(`more than',
    replacement: 'if (size > 1000 * this.#whole) throw this.#tooLarge(`more than',
    test: 'unit/service/formats/disk/sparse',
    only: 'zeros without end',
  },
  {
    what: 'a backing file of a qcow2 is passed over',
    search: 'if (offset === 0n || length === 0) return;',
    replacement: 'if (offset !== 0n || length === 0) return;',
    test: qcow2,
    only: 'an image with a backing file',
  },
  {
    what: 'an external data file of a qcow2 is passed over',
    search: 'if ((incompatible & incompatibleExternalData) !== 0n) {',
    replacement: 'if ((incompatible & incompatibleExternalData) < 0n) {',
    test: qcow2,
    only: 'an image with external data',
  },
  {
    what: 'data of a qcow2 may lie behind the end of the file',
    search: "if (host >= this.#image.fileSize) {\n      throw this.#corrupt('data",
    replacement: "if (host > this.#image.fileSize) {\n      throw this.#corrupt('data",
    test: qcow2,
    only: 'an image with a file cut between its clusters',
  },
  {
    what: 'a table of a qcow2 is used twice',
    search: 'if (offset !== 0 && offset === sorted[index - 1]) throw',
    replacement: 'if (offset < 0) throw',
    test: qcow2,
    only: 'an image with an L2 table used for all',
  },
  {
    what: 'a table of a qcow2 may lie behind the end of the file',
    search: 'if (offset >= fileSize) {',
    replacement: 'if (offset > fileSize) {',
    test: qcow2,
    only: 'an image with a file cut before its L2 table',
  },
  {
    what: 'the end of the pipe is taken for the end of a part',
    search: 'if (count === 0) throw this.#endedEarly();\n    this.#take(count);',
    replacement: 'this.#take(count);',
    test: frames,
  },
  {
    what: 'the end of the pipe is taken for the end of a header',
    search: 'if (count === 0) throw this.#endedEarly();\n      filled += count;',
    replacement: 'if (count === 0) return;\n      filled += count;',
    test: frames,
  },
  {
    what: 'an image is installed of which bytes are missing',
    search: 'if (sent === received) return;',
    replacement: 'if (sent >= received) return;',
    test: 'unit/service/transfers/kinds/pull',
  },
];
