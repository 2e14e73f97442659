import { constants } from 'node:os';
import { callNumber } from '../../../linux/headers/call-numbers.js';
import { CLONE_NEWPID, PR_SET_CHILD_SUBREAPER } from '../../../linux/headers/constants.js';
import {
  BPF_ABS,
  BPF_JEQ,
  BPF_JMP,
  BPF_JSET,
  BPF_K,
  BPF_LD,
  BPF_RET,
  BPF_W,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
} from '../../../linux/headers/filter-constants.js';
import { seccomp_data, sock_filter } from '../../../linux/headers/structs.js';
import { filterCalls } from '../../../linux/isolation.js';

/*
 * Loaded into a service: it can neither make PID namespaces then, nor adopt orphans. strace(1) sends signals from where the process
 * is that it traces, and the first process of a PID namespace is sent none from there that would end it; and it is an orphan itself.
 */

const [unshare = -1, prctl = -1] = [callNumber('unshare'), callNumber('prctl')];
const load = BPF_LD | BPF_W | BPF_ABS;
const jumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
const jumpSet = BPF_JMP | BPF_JSET | BPF_K;
const giveBack = BPF_RET | BPF_K;

/** Instructions: code, jump if true, jump if false, operand. */
const program = [
  [load, 0, 0, seccomp_data.nr],
  [jumpEqual, 0, 2, unshare],
  [load, 0, 0, seccomp_data['args[0]']],
  [jumpSet, 3, 4, CLONE_NEWPID],
  [jumpEqual, 0, 3, prctl],
  [load, 0, 0, seccomp_data['args[0]']],
  [jumpEqual, 0, 1, PR_SET_CHILD_SUBREAPER],
  [giveBack, 0, 0, SECCOMP_RET_ERRNO | constants.errno.EPERM],
  [giveBack, 0, 0, SECCOMP_RET_ALLOW],
] as const;

if (process.argv[1]?.endsWith('ferryd.js')) {
  const bytes = Buffer.alloc(sock_filter.sizeof * program.length);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    const at = sock_filter.sizeof * index;
    bytes.writeUInt16LE(code, at + sock_filter.code);
    bytes.writeUInt8(ifTrue, at + sock_filter.jt);
    bytes.writeUInt8(ifFalse, at + sock_filter.jf);
    bytes.writeUInt32LE(operand, at + sock_filter.k);
  }
  filterCalls(bytes);
}
