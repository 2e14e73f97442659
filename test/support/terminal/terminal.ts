import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { needs } from '../needs.js';
import { projectFile } from '../project.js';

// Not whatever python3 comes first: one that a version manager has put there may be closed to other users.
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  environment?: Readonly<Record<string, string>>;
}

/** A program that runs on a pseudo terminal of its own. */
export interface Terminal {
  /** All that was shown so far, with escape sequences. */
  transcript(): string;
  /** Types some text; '\x03' is Ctrl-C. */
  type(text: string): void;
  /** Waits until what was shown matches. @throws Error with all of it when the program ends before that. */
  shows(pattern: RegExp): Promise<void>;
  /** Waits for the end; gives back the exit status, or for a signal 256 less its number. */
  ended(): Promise<number | null>;
}

export function needsTerminal(t: TestContext): boolean {
  return needs(t, { programs: ['python3'] });
}

export function runOnTerminal(t: TestContext, command: readonly string[], options: TerminalOptions = {}): Terminal {
  const { columns = 80, rows = 24, environment = {} } = options;
  const parameters = [
    projectFile('test', 'support', 'terminal', 'terminal.py'),
    String(columns),
    String(rows),
    ...command,
  ];
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm-256color', ...environment };
  const child = spawn(python, parameters, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const end = once(child, 'close');
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  t.after(() => child.kill('SIGKILL'));
  return {
    transcript: () => shown,
    type: (text) => void child.stdin.write(text),
    shows: async (pattern) => {
      while (!pattern.test(shown)) {
        const more = await Promise.race([once(child.stdout, 'data').then(() => true), end.then(() => false)]);
        if (!more && !pattern.test(shown)) throw new Error(`${pattern} was never shown in:\n${shown}`);
      }
    },
    ended: async () => {
      await end;
      return child.exitCode;
    },
  };
}

/** What a person would read in the end: without escape sequences, and of lines that were drawn over only the last state. */
export function readable(transcript: string): string {
  const plain = transcript.replace(/\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>78]/g, '');
  return plain
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split('\r').findLast((part) => part !== '') ?? '')
    .join('\n');
}
