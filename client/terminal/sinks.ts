import { closeSync, openSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ProcessContext } from '../cli/process-context.js';
import { facility, type LogSettings, priorities } from './log-settings.js';

/** Where log lines go that are not for the console. */
export interface LogSink {
  write(priority: number, line: string): void;
  flush(): Promise<void>;
}

type WriteLine = (priority: number, line: string) => void;

const kernelLog = '/dev/kmsg';

/** Opens the journal or the kernel log; where that fails messages go to the console, as with systemd's tools. */
export function openSink(settings: LogSettings, context: ProcessContext, toConsole: WriteLine): LogSink {
  const console: LogSink = { write: toConsole, flush: async () => {} };
  const kernel = () => openKernelLog(settings, context) ?? console;
  if (settings.target === 'kmsg') return kernel();
  return new JournalSink(settings, context, settings.target === 'journal' ? () => console : kernel);
}

function openKernelLog(settings: LogSettings, context: ProcessContext): LogSink | undefined {
  let fd: number;
  try {
    fd = openSync(kernelLog, 'w');
  } catch {
    return undefined;
  }
  const allowed = settings.rateLimitKernel ? rateLimit(context) : () => true;
  const maximum = settings.maximumOf.kmsg ?? priorities.debug;
  return {
    write(priority, line) {
      if (priority > maximum || !allowed()) return;
      writeSync(fd, `<${facility | priority}>${context.programName}[${process.pid}]: ${line}\n`);
    },
    async flush() {
      closeSync(fd);
    },
  };
}

/** At most 200 messages in five seconds, which is what systemd allows itself. */
function rateLimit(context: ProcessContext): () => boolean {
  let begin = context.now();
  let count = 0;
  return () => {
    if (context.now() - begin >= 5000) {
      begin = context.now();
      count = 0;
    }
    return ++count <= 200;
  };
}

/**
 * The stream socket of journald, on which it takes lines with a `<N>` prefix after a short header (the protocol behind
 * sd_journal_stream_fd(3)); node has no datagram sockets of the kind that its native protocol needs.
 */
class JournalSink implements LogSink {
  readonly #maximum: number;
  readonly #socket: Socket;
  readonly #settled: Promise<void>;
  readonly #waiting: [number, string][] = [];
  #state: 'connecting' | 'connected' | LogSink = 'connecting';

  constructor(settings: LogSettings, context: ProcessContext, otherwise: () => LogSink) {
    this.#maximum = settings.maximumOf.journal ?? priorities.debug;
    this.#socket = connect(join(context.runtimeDirectory, 'systemd/journal/stdout'));
    this.#settled = new Promise((resolve) => {
      const settle = (state: 'connected' | LogSink) => {
        this.#state = state;
        for (const [priority, line] of this.#waiting.splice(0)) this.write(priority, line);
        resolve();
      };
      this.#socket.once('connect', () => {
        this.#socket.write(`${context.programName}\n\n${priorities.info}\n1\n0\n0\n0\n`);
        settle('connected');
      });
      this.#socket.on('error', () => {
        if (this.#state === 'connecting') settle(otherwise());
      });
    });
  }

  write(priority: number, line: string): void {
    if (this.#state === 'connecting') this.#waiting.push([priority, line]);
    else if (this.#state !== 'connected') this.#state.write(priority, line);
    else if (priority <= this.#maximum) this.#socket.write(`<${priority}>${line}\n`);
  }

  async flush(): Promise<void> {
    await this.#settled;
    if (this.#state === 'connected') await new Promise<void>((resolve) => this.#socket.end(resolve));
    else if (this.#state !== 'connecting') await this.#state.flush();
  }
}
