import { making, type Row, testErrors, touching } from '../errors.js';
import { changing } from '../works.js';
import { ociWorks } from './works.js';

const { assembleStack, assembleTree, imported, pullTree } = ociWorks;

const rows: Row[] = [
  { filesystem: 'ext4', error: 'ENOSPC', work: pullTree, calls: changing, times: '' },
  { filesystem: 'btrfs', error: 'ENOSPC', work: assembleTree, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'ENOSPC', work: assembleStack, calls: changing, times: '' },
  { filesystem: 'ext4', error: 'EIO', work: assembleTree, calls: touching, times: '' },
  { filesystem: 'btrfs', error: 'EIO', work: imported, calls: touching, times: '' },
  { filesystem: 'ext4', error: 'EROFS', work: assembleStack, calls: making, times: '+', leftMax: 3 },
];

testErrors(rows);
