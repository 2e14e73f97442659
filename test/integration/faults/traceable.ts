import { CLONE_NEWPID } from '../../../linux/constants.js';
import { filterCalls } from '../../../linux/isolation.js';

/*
 * Loaded into a service: it can neither make PID namespaces then, nor adopt orphans. strace(1) sends signals from where the process
 * is that it traces, and the first process of a PID namespace is sent none from there that would end it; and it is an orphan itself.
 */

const x64 = process.arch === 'x64';
const calls = { unshare: x64 ? 272 : 97, prctl: x64 ? 157 : 167 };
const PR_SET_CHILD_SUBREAPER = 36;
const firstParameter = 16;
const codes = { load: 0x20, jumpEqual: 0x15, jumpSet: 0x45, giveBack: 0x06 };

/** Instructions as linux/bpf_common.h has them: code, jump if true, jump if false, operand. */
const program = [
  [codes.load, 0, 0, 0],
  [codes.jumpEqual, 0, 2, calls.unshare],
  [codes.load, 0, 0, firstParameter],
  [codes.jumpSet, 3, 4, CLONE_NEWPID],
  [codes.jumpEqual, 0, 3, calls.prctl],
  [codes.load, 0, 0, firstParameter],
  [codes.jumpEqual, 0, 1, PR_SET_CHILD_SUBREAPER],
  [codes.giveBack, 0, 0, 0x00050001],
  [codes.giveBack, 0, 0, 0x7fff0000],
] as const;

if (process.argv[1]?.endsWith('ferryd.js')) {
  const bytes = Buffer.alloc(8 * program.length);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(ifTrue, 8 * index + 2);
    bytes.writeUInt8(ifFalse, 8 * index + 3);
    bytes.writeUInt32LE(operand, 8 * index + 4);
  }
  filterCalls(bytes);
}
