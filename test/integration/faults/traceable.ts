import { constants } from 'node:os';
import { callNumber } from '../../../linux/headers/call-numbers.js';
import { CLONE_NEWPID, PR_SET_CHILD_SUBREAPER } from '../../../linux/headers/constants.js';
import { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO } from '../../../linux/headers/filter-constants.js';
import { seccomp_data } from '../../../linux/headers/structs.js';
import { filterCalls } from '../../../linux/isolation.js';
import { assemble, codes } from '../../../service/sandbox/filter.js';

/*
 * Loaded into a service: it can neither make PID namespaces then, nor adopt orphans. strace(1) sends signals from where the process
 * is that it traces, and the first process of a PID namespace is sent none from there that would end it; and it is an orphan itself.
 */

const [unshare = -1, prctl = -1] = [callNumber('unshare'), callNumber('prctl')];
/** Instructions: code, jump if true, jump if false, operand. */
const program = [
  [codes.load, 0, 0, seccomp_data.nr],
  [codes.jumpEqual, 0, 2, unshare],
  [codes.load, 0, 0, seccomp_data['args[0]']],
  [codes.jumpSet, 3, 4, CLONE_NEWPID],
  [codes.jumpEqual, 0, 3, prctl],
  [codes.load, 0, 0, seccomp_data['args[0]']],
  [codes.jumpEqual, 0, 1, PR_SET_CHILD_SUBREAPER],
  [codes.giveBack, 0, 0, SECCOMP_RET_ERRNO | constants.errno.EPERM],
  [codes.giveBack, 0, 0, SECCOMP_RET_ALLOW],
] as const;

if (process.argv[1]?.endsWith('ferryd.js')) filterCalls(assemble(program));
