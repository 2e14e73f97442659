// Which command takes which option, written down once more.

export const commands: Readonly<Record<string, string[]>> = {
  'pull-tar': ['http://h/x'],
  'pull-raw': ['http://h/x'],
  'import-tar': ['file'],
  'import-raw': ['file'],
  'import-fs': ['directory'],
  'export-tar': ['name'],
  'export-raw': ['name'],
  'list-transfers': [],
  'cancel-transfer': ['1'],
  'list-images': [],
  verify: ['name'],
  show: ['name'],
  'remove-image': ['name'],
  'rename-image': ['name', 'other'],
  'clone-image': ['name', 'other'],
  'read-only-image': ['name'],
  clean: [],
  df: [],
  history: [],
  trust: ['list'],
};
