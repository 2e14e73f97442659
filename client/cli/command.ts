import { type BaseContext, Command, type CommandClass, Option } from 'clipanion';
import type { Log } from '../terminal/log.js';
import type { ProcessContext } from './process-context.js';
import { Session } from './session.js';
import { readSettings } from './settings.js';

/** What every command gets beside its arguments. */
export interface CommandContext extends BaseContext {
  readonly processContext: ProcessContext;
  readonly log: Log;
}

export type VerbCommandClass = CommandClass<CommandContext>;

/**
 * A verb. What it does not take was refused before (checkFit()), so that all of them can read all options.
 * The arguments come in canonical form (see readRequest()), so each option is a string here.
 */
export abstract class VerbCommand extends Command<CommandContext> {
  readonly class = Option.String('--class');
  readonly imageRoot = Option.String('--image-root');
  readonly verify = Option.String('--verify');
  readonly keyrings = Option.Array('--keyring');
  readonly keepDownload = Option.String('--keep-download');
  readonly limitRate = Option.String('--limit-rate');
  readonly resume = Option.String('--resume');
  readonly force = Option.String('--force');
  readonly readOnly = Option.String('--read-only');
  readonly strict = Option.String('--strict');
  readonly sizeMax = Option.String('--size-max');
  readonly format = Option.String('--format');
  readonly dryRun = Option.String('--dry-run');
  readonly watch = Option.String('--watch');
  readonly quiet = Option.String('--quiet');
  readonly json = Option.String('--json');
  readonly pager = Option.String('--pager');
  readonly legend = Option.String('--legend');
  readonly askPassword = Option.String('--ask-password');
  readonly scope = Option.String('--scope');
  readonly host = Option.String('--host');
  readonly machine = Option.String('--machine');
  readonly address = Option.String('--address');

  /** @returns the exit status */
  abstract perform(session: Session): Promise<number>;

  override async execute(): Promise<number> {
    const { processContext: context, log } = this.context;
    const settings = readSettings(this, context);
    if (settings.quiet) log.beQuiet();
    await using session = new Session(settings, context, log);
    return await this.perform(session);
  }
}
