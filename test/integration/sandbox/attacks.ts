import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CallName, callNumber } from '../../../linux/headers/call-numbers.js';
import { CLONE_NEWPID, CLONE_NEWUSER } from '../../../linux/headers/constants.js';
import type { WorkerName } from '../../../service/sandbox/sandbox.js';
import { serviceProgram } from '../../support/service/ferry-host.js';

/** What survivors are called in /proc/PID/cmdline: the test looks for them, and not for those of other tests on this host. */
export const survivorMark = `ferry-test-survivor-${process.pid}`;

/** The number of a system call; one that there is not where this architecture lacks it. */
const numberOf = (name: CallName) => callNumber(name) ?? -1;

/**
 * What a taken-over process does: it looks for processes of transfers that are not its own, and takes what it can get. What it
 * has got it says on standard error, which is the log of the service.
 */
const thief = `import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
said = set()
def say(text):
    if text in said: return
    said.add(text)
    try: print(text, file=sys.stderr, flush=True)
    except OSError: pass
def workers():
    for name in os.listdir('/proc'):
        if not name.isdigit() or int(name) in own: continue
        # A child that has not become another program yet is called like the process itself.
        try: command, stat = open(f'/proc/{name}/cmdline').read(), open(f'/proc/{name}/stat').read()
        except OSError: continue
        if int(stat[stat.rindex(')') + 4:].split()[0]) in own: continue
        if '/worker/' in command and 'node' in command and '${survivorMark}' not in command: yield int(name)
def attempt(how, pid, action):
    try: got = action()
    except OSError: return
    if got is None or got >= 0: say(f'STOLEN {how} of {pid}')
def take(pid):
    opened = os.pidfd_open(pid)
    return libc.syscall(438, opened, 3, 0)
buffer = ctypes.create_string_buffer(16)
class Piece(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
def peek(pid):
    start = int(open(f'/proc/{pid}/maps').read().split('-')[0], 16)
    local, remote = Piece(ctypes.addressof(buffer), 16), Piece(start, 16)
    return libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
own = set(map(int, sys.argv[2].split(',')))
while True:
    for pid in workers():
        say(f'SAW {pid}')
        attempt('pidfd_getfd', pid, lambda: take(pid))
        attempt('ptrace', pid, lambda: libc.ptrace(0x4206, pid, 0, 0))
        attempt('process_vm_readv', pid, lambda: peek(pid))
        attempt('descriptors', pid, lambda: os.open(f'/proc/{pid}/fd/3', os.O_PATH))
        attempt('memory', pid, lambda: os.open(f'/proc/{pid}/mem', os.O_RDWR))
        attempt('kill', pid, lambda: libc.kill(pid, 0))
    time.sleep(0.002)
`;

const attackNumbers = { ptrace: numberOf('ptrace'), fork: numberOf('fork'), clone: numberOf('clone') };

/** The same, by the process itself and in its own threads: it may not be able to start anything. */
const takenOver = `(() => {
const { readdirSync, readFileSync, readlinkSync, openSync, writeSync } = require('node:fs');
const { spawn } = require('node:child_process');
const koffi = require(require('node:path').join(__dirname, '..', 'node_modules', 'koffi'));
const libc = koffi.load(null);
const call = libc.func('long syscall(long, long, long, long, long)');
const numbers = ${JSON.stringify(attackNumbers)};
const said = new Set();
const say = (text) => { if (!said.has(text)) writeSync(2, text + '\\n'); said.add(text); };
const own = () => [process.pid, Number(readFileSync('/proc/self/stat', 'latin1').split(' ')[0])];
const others = () => readdirSync('/proc').filter((name) => {
  if (!/^\\d+$/.test(name) || own().includes(Number(name))) return false;
  try { return /node\\0.*\\/worker\\//.test(readFileSync('/proc/' + name + '/cmdline', 'latin1')); } catch { return false; }
});
const attempt = (how, pid, action) => { try { if (action() >= 0) say('STOLEN ' + how + ' of ' + pid); } catch {} };
const takeAll = () => {
  for (const pid of others()) {
    say('SAW ' + pid);
    attempt('pidfd_getfd', pid, () => { const got = call(434, Number(pid), 0, 0, 0); return got < 0 ? got : call(438, got, 3, 0, 0); });
    attempt('ptrace', pid, () => call(numbers.ptrace, 0x4206, Number(pid), 0, 0));
    attempt('descriptors', pid, () => readlinkSync('/proc/' + pid + '/fd/3').length);
    attempt('memory', pid, () => openSync('/proc/' + pid + '/mem', 'r+'));
  }
};
const outlive = () => {
  const words = ['-c', THIEF, '${survivorMark}', own().join()];
  // In a session of its own, and as a grandchild which nobody waits for.
  const shell = 'setsid /usr/bin/python3 "$@" & setsid sh -c "setsid /usr/bin/python3 \\\\"\\\\$@\\\\" & " sh "$@" &';
  const options = { detached: true, stdio: ['ignore', 2, 2] };
  try { spawn('/usr/bin/python3', words, options).on('error', () => {}).unref(); } catch {}
  try { spawn('/bin/sh', ['-c', shell, 'sh', ...words], options).on('error', () => {}).unref(); } catch {}
  // Nor will it be found in the group of the process.
  libc.func('int setsid()')();
  libc.func('int setpgid(int, int)')(0, 0);
  libc.func('int prctl(int, ulong, ulong, ulong, ulong)')(1, 0, 0, 0, 0);
};
const parse = JSON.parse;
let done = false;
JSON.parse = function (...parameters) {
  if (!done) {
    done = true;
    outlive();
    say('TAKEN OVER ' + __filename);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    takeAll();
    setInterval(takeAll, 5).unref();
  }
  return parse.apply(this, parameters);
};
})();`;

/** A copy of the built program whose processes are taken over once they read their order. Gives back the path of its service. */
export function takenOverProgram(directory: string, names: readonly string[]): string {
  cpSync(dirname(serviceProgram), directory, { recursive: true });
  const attack = takenOver.replace('THIEF', JSON.stringify(thief));
  for (const name of names) {
    const path = join(directory, 'worker', `${name}.js`);
    writeFileSync(path, `${attack.replace('__filename', JSON.stringify(name))}\n${readFileSync(path, 'utf8')}`);
  }
  return join(directory, 'ferryd.js');
}

/** A copy of the built program, one of whose processes waits at its start for a file. Gives back the path of its service. */
export function holdingProgram(directory: string, name: WorkerName, go: string): string {
  cpSync(dirname(serviceProgram), directory, { recursive: true });
  const path = join(directory, 'worker', `${name}.js`);
  const pause = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)';
  const hold = `while (!require('node:fs').existsSync(${JSON.stringify(go)})) ${pause};`;
  writeFileSync(path, `${hold}\n${readFileSync(path, 'utf8')}`);
  return join(directory, 'ferryd.js');
}

const witness = `(() => {
const { appendFileSync, readdirSync, readFileSync, readlinkSync, writeSync } = require('node:fs');
let done = false;
const tell = (name) => {
  if (done) return;
  done = true;
  const all = readdirSync('/proc/self/task').map((thread) => {
    const fields = readFileSync('/proc/self/task/' + thread + '/status', 'utf8').split('\\n').map((line) => line.split(/:?\\s+/));
    return Object.fromEntries(fields.filter(([field]) => ['Uid', 'Seccomp', 'NoNewPrivs', 'CapEff', 'CapPrm', 'CapBnd'].includes(field)));
  });
  // In few words: lines of the log are cut.
  const status = Object.fromEntries(Object.keys(all[0]).map((field) => [field, [...new Set(all.map((one) => one[field]))]]));
  const namespaces = Object.fromEntries(['net', 'pid', 'mnt'].map((type) => [type, readlinkSync('/proc/self/ns/' + type)]));
  const line = 'SANDBOX ' + JSON.stringify({ name, threads: all.length, status, namespaces, pid: process.pid }) + '\\n';
  try { appendFileSync(FILE, line); } catch { writeSync(2, line); }
};
const parse = JSON.parse;
JSON.parse = function (...parameters) { tell(NAME); return parse.apply(this, parameters); };
if (NAME === 'convert') {
  const { 2: size } = process.argv;
  Object.defineProperty(process.argv, 2, { get: () => { tell(NAME); return size; } });
}
})();`;

/** What a process has seen of itself once it had read its order. */
export interface SeenSandbox {
  name: string;
  threads: number;
  /** Of proc_pid_status(5), the values that its threads have. */
  status: Record<string, string[]>;
  namespaces: Record<'net' | 'pid' | 'mnt', string>;
  pid: number;
}

/** A copy of the built program whose processes write down in a file, or else in the log, what sandbox they are in. Gives back the path of its service. */
export function witnessProgram(directory: string, report: string): string {
  cpSync(dirname(serviceProgram), directory, { recursive: true });
  for (const file of readdirSync(join(directory, 'worker'))) {
    const path = join(directory, 'worker', file);
    if (!file.endsWith('.js')) continue;
    const name = JSON.stringify(file.replace(/\.js$/, ''));
    writeFileSync(
      path,
      `${witness.replaceAll('NAME', name).replace('FILE', JSON.stringify(report))}\n${readFileSync(path, 'utf8')}`,
    );
  }
  return join(directory, 'ferryd.js');
}

/** What was logged so, by the names of processes. */
export function seenSandboxes(log: string): Map<string, SeenSandbox> {
  const seen: SeenSandbox[] = [...log.matchAll(/SANDBOX (\{.*\})$/gm)].map(([, text = '']) => JSON.parse(text));
  return new Map(seen.map((one) => [one.name, one]));
}

/** The processes that have outlived the one that started them. */
export function survivors(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(survivorMark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const forbid = `import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
rules, command = sys.argv[1].split(','), sys.argv[2:]
def step(code, yes, no, value): return code.to_bytes(2, 'little') + bytes([yes, no]) + (value & 0xffffffff).to_bytes(4, 'little')
program = step(0x20, 0, 0, 0)
for rule in rules:
    number, bits = map(int, rule.split('/'))
    inner = (step(0x20, 0, 0, 16) + step(0x45, 0, 1, bits) if bits else b'') + step(0x06, 0, 0, 0x50000 | 1) + (step(0x20, 0, 0, 0) if bits else b'')
    program += step(0x15, 0, len(inner) // 8, number) + inner
program += step(0x06, 0, 0, 0x7fff0000)
buffer = ctypes.create_string_buffer(program)
header = (len(program) // 8).to_bytes(8, 'little') + ctypes.addressof(buffer).to_bytes(8, 'little')
if libc.prctl(22, 2, ctypes.c_char_p(header), 0, 0): sys.exit('no filter: ' + os.strerror(ctypes.get_errno()))
os.execvp(command[0], command)`;

/** System calls by name, with the bits of their first parameter that are forbidden; 0 for all. */
const forbidden = {
  mount: `${numberOf('mount')}/0`,
  pidNamespaces: `${numberOf('unshare')}/${CLONE_NEWPID}`,
  userNamespaces: `${numberOf('unshare')}/${CLONE_NEWUSER}`,
  priorities: `${numberOf('getpriority')}/0`,
  filters: `${numberOf('seccomp')}/0`,
};

/** The command that starts another one where some system calls fail, as containers and service managers have it. */
export function without(...names: (keyof typeof forbidden)[]): string[] {
  return ['python3', '-c', forbid, names.map((name) => forbidden[name]).join()];
}
