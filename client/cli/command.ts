import { type BaseContext, Command, type CommandClass } from 'clipanion';
import type { Log } from '../../common/log/log.js';
import type { GivenOption } from './arguments.js';
import type { OptionScope } from './option/kinds.js';
import type { ProcessContext } from './process-context.js';
import { Session } from './session.js';
import { readSettings } from './settings.js';

/** What every command gets beside its arguments. */
export interface CommandContext extends BaseContext {
  /** The options that the verb takes (verbs.ts). */
  readonly takes: readonly OptionScope[];
  readonly options: readonly GivenOption[];
  readonly processContext: ProcessContext;
  readonly log: Log;
}

export type VerbCommandClass = CommandClass<CommandContext>;

/** A verb. What it does not take was refused before (checkFit()), so that all of them can read all settings. */
export abstract class VerbCommand extends Command<CommandContext> {
  /** @returns the exit status */
  abstract perform(session: Session): Promise<number>;

  override async execute(): Promise<number> {
    const { takes, options, processContext: context, log } = this.context;
    const settings = readSettings(options, context);
    if (settings.quiet) log.beQuiet();
    await using session = new Session(settings, context, log, takes);
    return await this.perform(session);
  }
}
