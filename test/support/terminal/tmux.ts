import { attempt, run } from '../command.js';
import type { TemporaryDirectory } from '../temporary.js';
import { waitFor } from '../wait.js';

export interface ScreenOptions {
  columns: number;
  rows: number;
  /** All that programs get, beside TERM. */
  environment: Readonly<Record<string, string>>;
}

const terminalType = 'tmux-256color';

/** Shows its parameter as if it had been typed, runs it, and tells its exit status; then the screen stays as it is. */
const typed = `printf '$ %s\\n' "$1"; eval "$1"; printf '[exit status %d]\\n' $?; exec sleep infinity`;
/** What is shown when a line has ended. */
export const ended = /^\[exit status \d+\]$/m;

/** Terminals in a tmux(1) server of their own, which ends with the scope: `using screens = new Screens(directory, …);` */
export class Screens implements Disposable {
  readonly #options: ScreenOptions;
  readonly #socket: string;
  #count = 0;

  /** @param directory where the socket of the server is put */
  constructor(directory: TemporaryDirectory, options: ScreenOptions) {
    this.#options = options;
    this.#socket = directory.file('tmux');
  }

  /** Runs a line of shell on a new terminal. */
  run(line: string): Screen {
    const { columns, rows, environment } = this.#options;
    const name = `screen-${++this.#count}`;
    const variables = Object.entries({ ...environment, TERM: terminalType }).map((entry) => entry.join('='));
    this.#tmux(
      ...['set-option', '-g', 'status', 'off', ';'],
      ...['set-option', '-g', 'default-terminal', terminalType, ';'],
      ...['new-session', '-d', '-s', name, '-x', String(columns), '-y', String(rows)],
      ...['env', '-i', ...variables, 'bash', '-c', typed, 'bash', line],
    );
    return new Screen((...parameters) => this.#tmux(...parameters), name);
  }

  #tmux(...parameters: string[]): string {
    // Options come before the first terminal: a server that has none yet would end at once without start-server.
    return run('tmux', ['-u', '-S', this.#socket, '-f', '/dev/null', 'start-server', ';', ...parameters]);
  }

  [Symbol.dispose](): void {
    attempt('tmux', ['-S', this.#socket, 'kill-server']);
  }
}

/** One terminal, of which all lines are kept that have left it at the top. */
export class Screen {
  readonly #tmux: (...parameters: string[]) => string;
  readonly #name: string;

  constructor(tmux: (...parameters: string[]) => string, name: string) {
    this.#tmux = tmux;
    this.#name = name;
  }

  /** Presses a key by its tmux name, such as `C-c`. */
  press(key: string): void {
    this.#tmux('send-keys', '-t', this.#name, key);
  }

  /**
   * Waits until what is to be read matches all patterns, and gives it back with escape sequences for its colours.
   *
   * @throws Error with what is shown instead, when they never do
   */
  async shows(...patterns: RegExp[]): Promise<string> {
    let text = '';
    const find = () => {
      const shown = this.#tmux('capture-pane', '-e', '-p', '-S', '-', '-t', this.#name);
      text = withoutColours(shown);
      return patterns.every((pattern) => pattern.test(text)) ? shown.trimEnd() : undefined;
    };
    try {
      return await waitFor(find, 50);
    } catch (error) {
      throw new Error(`${patterns.join(' and ')} never came in:\n${text}`, { cause: error });
    }
  }
}

export function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;:]*m/g, '');
}
