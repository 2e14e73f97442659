/** What a kind of process needs. All else is walled off. */
export interface ProcessNeeds {
  /** Whether it speaks to servers. */
  readonly network: boolean;
  /** Whether it reads and writes image directories: the others meet what strangers wrote, with no rights but their descriptors. */
  readonly rights: boolean;
  /** Whether it starts programs: filters for formats whose library is missing, or the process that converts. */
  readonly programs: boolean;
  /** Whether placement starts it, whose sandbox it is in then. */
  readonly inPlacement?: boolean;
}

/** The processes of transfers, one row each. */
const rows = {
  fetch: { network: true, rights: false, programs: false },
  decode: { network: false, rights: false, programs: true },
  convert: { network: false, rights: false, programs: false, inPlacement: true },
  placement: { network: false, rights: true, programs: true },
  cleanup: { network: false, rights: true, programs: false },
  manage: { network: false, rights: true, programs: false },
} satisfies Record<string, ProcessNeeds>;

export type WorkerName = keyof typeof rows;

export const processes: Readonly<Record<WorkerName, ProcessNeeds>> = rows;

/** How a process is started in its sandbox. */
export interface Command {
  /** The program and its parameters, for one process. */
  begin(): Begun;
}

/** What one process is started with. */
export interface Begun {
  readonly words: readonly string[];
  /** The number by which the process knows who has started it: 0 where that is in another PID namespace. */
  readonly parent: number;
  /** Starts the process: its words, as a child of this one. */
  start<Process>(spawn: () => Process): Process;
  /** To be called once the process has ended. Resolves when nothing of it is left: what it had is free for others then. */
  end(): Promise<void>;
}

/** A command that is the same for every process, and has nothing of its own. */
export function plainCommand(words: readonly string[]): Command {
  return { begin: () => ({ words, parent: process.pid, start: (spawn) => spawn(), end: async () => {} }) };
}

/** Whom trees belong to: the foreign UID range, or the ids that a user has by /etc/subuid; root's are as they are. */
export type TreeOwners = 'foreign' | 'subordinate';

/** Starts workers in the sandbox that this environment allows (docs/architecture.md). */
export interface Sandbox {
  /**
   * What runs a worker, confined as its name demands. `owners`: of the trees that it reads or writes, if not those of new ones.
   *
   * @throws Failure ServiceStopping once the program was updated
   */
  command(worker: WorkerName, owners?: TreeOwners): Command;
  /** Whom new trees belong to; undefined for root, whose trees keep the owners they have. */
  readonly trees?: TreeOwners;
  /** One line that says so. */
  readonly owners?: string | undefined;
  /** One line for each layer that this environment does not allow. */
  readonly missing: readonly string[];
}
