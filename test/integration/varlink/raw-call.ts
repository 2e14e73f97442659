/** Calls as bytes, with what systemd-importd 262 answers to them, measured. */

export interface Reply {
  readonly error?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** The replies, and whether the connection is closed after them. */
export interface Answer {
  readonly replies: readonly Reply[];
  readonly isClosed: boolean;
}
export const service = 'io.systemd.service';
export const varlink = 'org.varlink.service';

export const replies = (...all: readonly Reply[]): Answer => ({ replies: all, isClosed: false });
export const ok = replies({});
export const closed: Answer = { replies: [], isClosed: true };
export const error = (name: string, parameters?: Reply['parameters']): Reply => ({
  error: name,
  ...(parameters && { parameters }),
});
export const invalid = (parameter: string) => replies(error(`${varlink}.InvalidParameter`, { parameter }));
export const noInterface = (name: string) => replies(error(`${varlink}.InterfaceNotFound`, { interface: name }));

/** A call of a method; `rest` are further members of the message. */
export const call = (method: string, rest = '') => `{"method":"${method}"${rest}}\0`;
export const ping = (rest = '') => call(`${service}.Ping`, rest);
export const parameters = (text: string) => `,"parameters":${text}`;
export const describe = (text: string) => call(`${varlink}.GetInterfaceDescription`, parameters(text));

export type Case = readonly [name: string, bytes: string | Buffer, systemd: Answer, ferry?: readonly [Answer, string]];
