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
} from '../../../../support/images/filesystems.js';
