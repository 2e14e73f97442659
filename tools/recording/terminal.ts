import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a terminal showed from some time on: a line with escape sequences for each of its rows. */
export interface Frame {
  /** From the beginning of the recording. */
  readonly milliseconds: number;
  readonly lines: readonly string[];
}

const intervalMs = 150;

/** A shell on a terminal of tmux(1), whose screen is taken several times a second. */
export class RecordedTerminal implements Disposable {
  readonly frames: Frame[] = [];
  readonly #socket: string;
  #left: number;
  #isRecording = true;

  /** @param directory where the socket of tmux is put */
  constructor(directory: string, columns: number, rows: number, environment: Readonly<Record<string, string>>) {
    this.#socket = join(directory, 'tmux');
    this.#left = Date.now();
    const variables = Object.entries({ ...environment, TERM: 'tmux-256color' }).map((entry) => entry.join('='));
    this.#tmux(
      ...['set-option', '-g', 'status', 'off', ';', 'set-option', '-g', 'default-terminal', 'tmux-256color', ';'],
      ...['new-session', '-d', '-x', String(columns), '-y', String(rows)],
      ...['env', '-i', ...variables, 'bash', '--norc', '--noprofile'],
    );
  }

  /** Takes the screen until the end. */
  async record(): Promise<void> {
    const run = promisify(execFile);
    while (this.#isRecording) {
      const { stdout } = await run('tmux', ['-u', '-S', this.#socket, 'capture-pane', '-e', '-p']);
      const lines = stdout.trimEnd().split('\n');
      if (lines.join('\n') !== this.frames.at(-1)?.lines.join('\n'))
        this.frames.push({ milliseconds: Date.now() - this.#left, lines });
      await sleep(intervalMs);
    }
  }

  /** Types a line as a person would, and gives back when the prompt is there again. */
  async run(line: string): Promise<void> {
    await this.enter(line);
    await this.shows(/^#$/);
  }

  /** Types a line as a person would. */
  async enter(line: string): Promise<void> {
    for (const piece of line.match(/.{1,6}/g) ?? []) {
      this.#tmux('send-keys', '-l', piece);
      await sleep(intervalMs);
    }
    await sleep(3 * intervalMs);
    this.press('Enter');
    await this.shows(/^(?!# ).*$/);
  }

  /** Presses a key by its tmux name, such as `C-c`. */
  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  /** Waits until the last line matches. @throws Error with the screen when that takes a minute */
  async shows(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!pattern.test(plain(this.frames.at(-1)?.lines.at(-1) ?? ''))) {
      if (Date.now() > deadline) throw new Error(`${pattern} never came in:\n${this.frames.at(-1)?.lines.join('\n')}`);
      await sleep(intervalMs / 2);
    }
  }

  [Symbol.dispose](): void {
    this.#isRecording = false;
    this.#tmux('kill-server');
  }

  #tmux(...parameters: string[]): void {
    execFileSync('tmux', ['-u', '-S', this.#socket, '-f', '/dev/null', ...parameters]);
  }
}

function plain(line: string): string {
  return line.replace(/\x1b\[[0-9;:]*m/g, '');
}
