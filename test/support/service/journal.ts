import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { run } from '../command.js';

/** Stands in for a journal: a datagram socket whose messages go to a file, each with a zero byte behind it; gives back what waits for the last one. */
export async function fakeJournal(t: TestContext, path: string, received: string): Promise<() => Promise<void>> {
  const script = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('ready', flush=True)
while True:
  data = s.recv(65536)
  if data == b'end': break
  if data: open(sys.argv[2], 'ab').write(data + bytes(1))`;
  const child = spawn('python3', ['-c', script, path, received], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
  return async () => {
    const exit = once(child, 'exit');
    run('python3', ['-c', sendEnd, path]);
    await exit;
  };
}

const sendEnd = 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", sys.argv[1])';
