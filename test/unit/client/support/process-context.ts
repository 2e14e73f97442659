import { readClientEnvironment } from '../../../../client/cli/environment.js';
import type { InterruptSignal, OutputStream, ProcessContext } from '../../../../client/cli/process-context.js';

export interface FakeProcessContext extends ProcessContext {
  /** What was written so far. */
  readonly written: { stdout: string; stderr: string };
  /** Moves the clock. */
  advance(milliseconds: number): void;
  /** As if the user pressed Ctrl-C. */
  interrupt(signal?: InterruptSignal): void;
}

export interface FakeOptions extends Partial<Omit<ProcessContext, 'stdout' | 'stderr'>> {
  /** Columns of both output streams; none of them is a terminal if undefined. */
  readonly columns?: number;
}

/** A context that is not that of the test's process: streams are kept, the clock stands still. */
export function fakeProcessContext(options: FakeOptions = {}): FakeProcessContext {
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<(signal: InterruptSignal) => void>();
  let time = Date.UTC(2026, 10, 23, 1, 2, 3);
  const stream = (name: 'stdout' | 'stderr', fd: number): OutputStream => ({
    descriptor: fd,
    isTerminal: options.columns !== undefined,
    columns: options.columns,
    rows: options.columns === undefined ? undefined : 24,
    write: (text) => {
      written[name] += text;
      return true;
    },
  });
  const { columns: _, ...rest } = options;
  return {
    variables: {},
    environment: readClientEnvironment(options.variables ?? {}),
    programName: 'ferryctl',
    commandName: () => 'ferryctl',
    workingDirectory: '/work',
    userId: 0,
    stdin: { descriptor: 0, isTerminal: false },
    stdout: stream('stdout', 1),
    stderr: stream('stderr', 2),
    clientProgram: '/nonexistent/ferryctl.js',
    serviceProgram: '/nonexistent/ferryd.js',
    runtimeDirectory: '/nonexistent/run',
    temporaryDirectory: '/nonexistent/tmp',
    terminal: '/nonexistent/tty',
    now: () => time,
    onInterrupt(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    ...rest,
    written,
    advance: (milliseconds) => {
      time += milliseconds;
    },
    interrupt: (signal = 'SIGINT') => {
      for (const listener of [...listeners]) listener(signal);
    },
  };
}
