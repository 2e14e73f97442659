import { testKills } from './kills.js';
import { works } from './works.js';

testKills(Object.values(works));
