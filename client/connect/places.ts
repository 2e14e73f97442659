import { UsageError } from '../cli/failure.js';

/** A host behind ssh, as --host= names it. */
export interface HostName {
  /** As written. */
  readonly text: string;
  readonly user: string | undefined;
  /** A name, an address, or an alias of ssh's configuration; an IPv6 address has no brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly container: string | undefined;
}

/** A container of this host, as --machine= names it. */
export interface MachineName {
  /** As written. */
  readonly text: string;
  /** Whose service is meant; undefined for root's. */
  readonly user: string | undefined;
  /** `.host` for none. */
  readonly machine: string;
}

const user = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
/** machined takes the names that hosts can have: systemd.machine-name, hostname(7). */
const machine = '[A-Za-z0-9][A-Za-z0-9_.-]{0,63}';
const bracketed = '\\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?\\]';
const hostForm = new RegExp(
  `^(?:(${user})@)?(${bracketed}|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(\\d{1,5}))?(?:/(${machine}))?$`,
);
const machineForm = new RegExp(`^(?:(${user})@)?(\\.host|${machine})?$`);

/**
 * Reads what is to be handed to ssh: nothing passes that it could take for an option, or a shell for a command.
 *
 * @throws UserError if it is not [USER@]HOST[:PORT][/CONTAINER]
 */
export function parseHost(text: string): HostName {
  const [matched, user, host = '', port, container] = hostForm.exec(text) ?? [];
  const number = port === undefined ? undefined : Number(port);
  if (matched !== undefined && (number === undefined || (number > 0 && number < 65536))) {
    return { text, user, host: host.replace(/^\[|\]$/g, ''), port: number, container };
  }
  throw new UsageError(
    `'${text}' is not a host for --host=: expected [USER@]HOST[:PORT][/CONTAINER], IPv6 addresses in brackets.`,
  );
}

/** @throws UserError if it is not [USER@]CONTAINER, [USER@].host or USER@ */
export function parseMachine(text: string): MachineName {
  const [matched, user, machine = '.host'] = machineForm.exec(text) ?? [];
  if (matched !== undefined && text !== '') return { text, user, machine };
  throw new UsageError(`'${text}' is not a container for --machine=: expected [USER@]CONTAINER.`);
}
