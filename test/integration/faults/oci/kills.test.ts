import { testKills } from '../kills.js';
import { ociWorks } from './works.js';

testKills(Object.values(ociWorks));
