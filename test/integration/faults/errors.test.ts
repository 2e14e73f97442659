import { making, opening, type Row, testErrors, touching } from './errors.js';
import { changing, works } from './works.js';

const { importRaw, importTar, importTree, pullRaw, pullRawOnly, pullTar } = works;

const rows: Row[] = [
  { filesystem: 'ext4', error: 'ENOSPC', work: importRaw, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: importTar, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: importTree, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: pullRaw, calls: changing, times: '' },
  { filesystem: 'btrfs', error: 'ENOSPC', work: importTar, calls: changing, times: '' },
  { filesystem: 'btrfs', error: 'ENOSPC', work: pullRaw, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'EIO', work: importTar, calls: touching, times: '' },
  { filesystem: 'ext4', error: 'EIO', work: pullRaw, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: importRaw, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: importTree, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: pullTar, calls: touching, times: '' },
  { filesystem: 'ext4', error: 'EDQUOT', work: pullRawOnly, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'EROFS', work: importTree, calls: making, times: '+' },
  { filesystem: 'ext4', error: 'EMFILE', work: importTree, calls: opening, times: '' },
];

testErrors(rows);
