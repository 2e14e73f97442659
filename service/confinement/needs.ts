/** What a kind of process needs. All else is walled off. */
export interface ProcessNeeds {
  /** Whether it speaks to servers. */
  readonly network: boolean;
  /** Whether it reads and writes image directories: the others meet what strangers wrote, with no rights but their descriptors. */
  readonly rights: boolean;
  /** Whether it starts programs: filters for formats whose library is missing, or the process that converts. */
  readonly programs: boolean;
}

/** The processes of transfers, one row each. */
export const processes = {
  fetch: { network: true, rights: false, programs: false },
  decode: { network: false, rights: false, programs: true },
  convert: { network: false, rights: false, programs: false },
  placement: { network: false, rights: true, programs: true },
  cleanup: { network: false, rights: true, programs: false },
  manage: { network: false, rights: true, programs: false },
} as const satisfies Record<string, ProcessNeeds>;

export type WorkerName = keyof typeof processes;

/** How a process is started behind its walls. */
export interface Command {
  /** The program and its parameters, for one process. */
  begin(): Begun;
}

/** What one process is started with. */
export interface Begun {
  readonly words: readonly string[];
  /** To be called once nothing of the process is left: what it had is free for others. */
  end(): void;
}

/** A command that is the same for every process, and has nothing of its own. */
export function plainCommand(words: readonly string[]): Command {
  return { begin: () => ({ words, end: () => {} }) };
}
