import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../../common/image-classes.js';
import { findProgram } from '../../common/programs.js';
import { quoteWord } from '../../common/text.js';
import { socketPathMax } from '../../linux/headers/constants.js';
import { type ProcessEnd, ProcessStream } from '../../varlink/transport/process-stream.js';
import { reasonOf, UserError, writeReasonOf } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import { errorOfBridge, unreachable } from './faults.js';
import type { HostName } from './places.js';
import type { Route } from './route.js';

/** What sshd(8) and the shells answer for a program that is not there. */
const notFound = 127;
/** What ssh(1) ends with when it failed itself. */
const sshFailed = 255;

/** Options that lead ssh to the host, and the host. */
export function destination({ user, host, port }: HostName): string[] {
  const options = [...(port === undefined ? [] : ['-p', String(port)]), ...(user === undefined ? [] : ['-l', user])];
  return [...options, '--', host];
}

/** ssh first makes the socket under a name that is 17 bytes longer. */
const controlPathLimit = socketPathMax - 17;

/** What is run on the host: fixed but for what was validated, and quoted all the same. */
export function remoteCommand({ container }: HostName, scope: Scope | undefined): string {
  const options = [
    ...(container === undefined ? [] : [`--machine=${container}`]),
    ...(scope === undefined ? [] : [`--${scope}`]),
  ];
  return ['ferryctl', ...options, 'bridge'].map(quoteWord).join(' ');
}

/** What ssh's configuration says about a host: the lines of `ssh -G`, by lower-case key. */
export function readConfiguration(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^(\S+) (.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const])));
}

/** The way through ssh, with the user's own configuration, keys and prompts. */
export class HostRoute implements Route {
  readonly options: readonly string[];
  readonly isLocal = false;
  readonly mayAskUser = false;
  readonly elsewhere: string;
  readonly #name: HostName;
  readonly #context: ProcessContext;
  readonly #command: string;
  readonly #ssh: string;
  readonly #configuration: ReadonlyMap<string, string>;
  /** Private, with the control socket over which further connections go, so that nobody is asked twice. */
  #directory: string | undefined;

  /** @throws UserError if ssh is not installed */
  constructor(name: HostName, scope: Scope | undefined, context: ProcessContext) {
    this.#name = name;
    this.#context = context;
    this.options = [`--host=${name.text}`, ...(scope === undefined ? [] : [`--${scope}`])];
    this.elsewhere = `'${name.text}'`;
    this.#command = remoteCommand(name, scope);
    const { ssh: program, searchPath } = context.environment;
    const ssh = findProgram(program, searchPath);
    if (ssh === undefined) throw unreachable(`Cannot reach ${this.elsewhere}: '${program}' is not installed.`);
    this.#ssh = ssh;
    this.#configuration = this.#readConfiguration();
  }

  get logPlace(): string {
    return `the journal there ('journalctl --unit=ferry.service')`;
  }

  async open(): Promise<ProcessStream> {
    const isFirst = this.#directory === undefined;
    // Over a connection that exists ssh asks nothing, so it may do without a terminal, whose Ctrl-C would end it.
    const isShared = !isFirst && this.#masterRuns();
    const command = [this.#ssh, '-e', 'none', '-T', '-x', ...this.#sharing(isFirst), ...this.#timeLimits()];
    return new ProcessStream([...command, ...destination(this.#name), this.#command], {
      environment: this.#context.variables,
      standardError: this.#context.stderr.descriptor,
      detached: isShared,
      describeEnd: (end) => this.#describeEnd(end),
    });
  }

  close(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Users who share connections themselves are left alone. */
  get #sharesByItself(): boolean {
    return (this.#configuration.get('controlpath') ?? 'none') !== 'none';
  }

  #sharing(isFirst: boolean): string[] {
    this.#directory ??= this.#makeDirectory(this.#privateParent());
    if (this.#sharesByItself || Buffer.byteLength(this.#controlPath) > controlPathLimit) return [];
    const control = isFirst ? ['-o', 'ControlMaster=yes', '-o', 'ControlPersist=no'] : ['-o', 'ControlMaster=no'];
    return [...control, '-o', `ControlPath=${this.#controlPath}`];
  }

  #makeDirectory(parent: string): string {
    try {
      return mkdtempSync(join(parent, 'ferry-ssh-'));
    } catch (error) {
      const reason = writeReasonOf(error, parent);
      throw unreachable(`Cannot reach ${this.elsewhere}: no directory for ssh can be made in '${parent}': ${reason}.`);
    }
  }

  get #controlPath(): string {
    return join(this.#directory ?? '', 'control');
  }

  #privateParent(): string {
    const runtime = this.#context.environment.runtimeDirectory;
    const found = runtime.startsWith('/') ? statSync(runtime, { throwIfNoEntry: false }) : undefined;
    // Another user could put a control socket into a directory of their own (su keeps the variable).
    return found?.uid === this.#context.userId ? runtime : this.#context.temporaryDirectory;
  }

  #masterRuns(): boolean {
    if (!this.#sharesByItself) return existsSync(this.#controlPath);
    return this.#run(['-O', 'check']).status === 0;
  }

  /** A link that is dead without a word is noticed after a minute, unless the user has said how it is to be. */
  #timeLimits(): string[] {
    const interval = this.#configuration.get('serveraliveinterval');
    return interval === '0' ? ['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=4'] : [];
  }

  /** Where ssh cannot read it, it will say so itself when it connects. */
  #readConfiguration(): ReadonlyMap<string, string> {
    const { status, stdout } = this.#run(['-G']);
    return readConfiguration(status === 0 ? stdout : '');
  }

  #run(parameters: readonly string[]) {
    return spawnSync(this.#ssh, [...parameters, ...destination(this.#name)], {
      env: this.#context.variables,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  #describeEnd({ status, signal, failure, hasAnswered }: ProcessEnd): Error | undefined {
    const host = this.elsewhere;
    if (status === 0) return undefined;
    if (failure !== undefined) return unreachable(`Cannot run '${this.#ssh}': ${reasonOf(failure)}.`);
    if (hasAnswered) {
      const how = signal !== null ? `was ended by ${signal}` : `ended with status ${status}`;
      return unreachable(`The connection to ${host} broke: ssh ${how}.`, 'ConnectionClosed');
    }
    if (status === notFound) return unreachable(`Ferry not found on ${host}: install it there.`);
    if (status === sshFailed || status === null) return unreachable(`Cannot reach ${host}: ssh could not connect.`);
    return new UserError(`Cannot reach Ferry on ${host}: 'ferryctl bridge' there ended with status ${status}.`, {
      error: errorOfBridge(status),
    });
  }
}
