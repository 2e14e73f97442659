import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../support/wait.js';

/** The listening end of sd_notify(3). */
export interface ServiceManager extends AsyncDisposable {
  /** The value for NOTIFY_SOCKET. */
  readonly address: string;
  /** What has been told, in order: datagrams of several lines count as several. */
  readonly notes: readonly string[];
  /** Waits until a note has come so many times. */
  until(note: string, times?: number): Promise<void>;
}

// Node has no datagram sockets of the unix family.
const script = `import socket, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('\\0' + path[1:] if path.startswith('@') else path)
print('bound', flush=True)
while True:
    print(s.recv(65536).decode(), flush=True)
`;

/** Listens as a service manager does: `await using manager = await listenForNotes(t, path)`. A path with @ is abstract. */
export async function listenForNotes(t: TestContext, address: string): Promise<ServiceManager> {
  const child = spawn('python3', ['-c', script, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  const dispose = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(dispose);
  const notes: string[] = [];
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => notes.push(line));
  const until = async (note: string, times = 1) => {
    await waitUntil(() => notes.filter((each) => each === note).length >= times);
  };
  return { address, notes, until, [Symbol.asyncDispose]: dispose };
}
