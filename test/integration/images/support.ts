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
  type FilesystemType,
  filesystemNeeds,
  filesystemTypes,
  forEachType,
  type MountedFilesystem,
  makeParameters,
  mountedFilesystem,
  mountMemory,
  onEachFilesystem,
} from '../../support/images/filesystems.js';
export {
  contentsOf,
  isMarkedImmutable,
  isReadOnlySubvolume,
  isSubvolumePath,
  namesIn,
  testHost,
  writeTree,
} from '../../support/images/image-root.js';
