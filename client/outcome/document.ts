import { type ExitStatusName, exitStatus, exitStatusOf } from '../../common/exit-statuses.js';
import { type Facts, messageOf, UserError } from '../cli/failure.js';
import { type Json, prettyJson, shortJson } from '../terminal/json.js';

/** A failure as --json writes it, after `error`. */
export interface FailureDocument {
  /** As on the wire, or io.ferry.Client.…. */
  readonly name: string;
  /** As on standard error. */
  readonly message: string;
  /** What the command ends with if this is its first failure. */
  readonly exitStatus: number;
  readonly facts: Facts;
}

/** The exit status of anything that was thrown. */
export function statusOf(thrown: unknown): ExitStatusName {
  return thrown instanceof UserError ? exitStatusOf(thrown.errorName, thrown.facts) : 'failure';
}

function failureDocument(thrown: unknown): FailureDocument & Record<string, Json> {
  const { errorName: name, facts } =
    thrown instanceof UserError ? thrown : { errorName: 'io.ferry.Client.InternalError', facts: {} };
  return { name, message: messageOf(thrown), exitStatus: exitStatus[statusOf(thrown)], facts };
}

/** The document of a command that failed. */
export function failedDocument(thrown: unknown): Json {
  return { error: failureDocument(thrown) };
}

/** The document of a command on several things: as it is without a failure, else all failures and what was done all the same. */
export function outcomeDocument(failures: readonly UserError[], done: Json): Json {
  const [first] = failures;
  return first === undefined ? done : { error: failureDocument(first), errors: failures.map(failureDocument), done };
}

/** A line, or with `pretty` several. */
export function jsonText(document: Json, mode: 'pretty' | 'short'): string {
  return `${mode === 'pretty' ? prettyJson(document) : shortJson(document)}\n`;
}
