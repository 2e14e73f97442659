import { Option } from 'clipanion';
import { type Style, styled } from '../../common/colour.js';
import { exitStatus } from '../../common/exit-statuses.js';
import { escapeText } from '../../varlink/text.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { ImageCheck, Verdict, VerifyReply } from '../connect/contract.js';
import { sentence } from '../connect/describe.js';
import { readKeyring } from '../keyring.js';
import type { Json } from '../terminal/json.js';
import { showProgress } from '../terminal/progress/progress-display.js';
import { forEach } from '../transfer/for-each.js';
import { attemptOn, ImageCommand, type ImageReference } from '../transfer/image-verb.js';
import { present } from '../transfer/parameters.js';
import { writeJson } from '../transfer/report.js';

/** What the checks of one image have shown. */
interface Verified {
  readonly class: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly checks: readonly ImageCheck[];
}

/** Holds images and pristine downloads against what was recorded of them. */
export default class Verify extends ImageCommand {
  readonly names = Option.Rest({ required: 1 });

  override async perform(session: Session): Promise<number> {
    const { settings } = session;
    if (settings.checksumFile !== undefined && !settings.online)
      throw new UsageError('Cannot use --checksum-file= without --online: no checksum file is fetched then');
    const images = this.names.map((name) => this.reference(session, name));
    const keyrings = await Promise.all(settings.keyring.map((path) => readKeyring(path)));
    const verified: Verified[] = [];
    const failed = await forEach(session, images, async (image) => {
      const shown = await verify(session, image, keyrings);
      verified.push(shown);
      if (settings.json === 'off') session.context.stdout.write(render(shown, session));
    });
    writeJson(session, verified.map(asJson));
    return statusOf(verified, failed);
  }
}

function asJson({ checks, ...rest }: Verified): Json {
  return { ...rest, checks: checks.map((check) => ({ ...check })) };
}

async function verify(session: Session, image: ImageReference, keyrings: string[]): Promise<Verified> {
  const { settings, log, context } = session;
  const connection = await session.connectForChange();
  const parameters = {
    ...image,
    ...(keyrings.length > 0 ? { keyrings } : {}),
    ...present({ online: settings.online || undefined, checksumFile: settings.checksumFile }),
  };
  using display = showProgress(log, settings.quiet, context);
  return await attemptOn(`verify image '${image.name}'`, connection, image, async () => {
    let last: VerifyReply = { verdict: null, checks: null, progress: null };
    for await (const reply of connection.image.verifyMore(parameters)) {
      last = reply;
      if (reply.progress) display.update({ ...withoutRate, ...reply.progress });
    }
    return { class: image.class, name: image.name, verdict: last.verdict ?? 'unknown', checks: last.checks ?? [] };
  });
}

/** What is not told of the progress. */
const withoutRate = { phase: 'verifying', bytesPerSecond: null, secondsLeft: null, secondsStalled: null } as const;

const styles: Readonly<Record<Verdict, Style>> = { good: 'good', bad: 'bad', unknown: 'warning' };

const summaries: Readonly<Record<Verdict, string>> = {
  good: 'verified',
  bad: 'has changed, or is not trusted',
  unknown: 'cannot be verified',
};

const kindWidth = 'pristine'.length;
const verdictWidth = 'unknown'.length;

/** A line that says what the checks have shown together, and one for each of them. */
function render({ name, verdict, checks }: Verified, { context }: Session): string {
  const colours = context.environment.terminal.coloursOf(context.stdout);
  const lines = checks.map((check) => {
    const shown = styled(check.verdict.padEnd(verdictWidth), styles[check.verdict], colours);
    return `  ${check.kind.padEnd(kindWidth)}  ${shown}  ${sentence(escapeText(check.message))}\n`;
  });
  return `${escapeText(name)}: ${styled(summaries[verdict], styles[verdict], colours)}\n${lines.join('')}`;
}

/** An image that is not what it should be outweighs all else, and one that could not be looked at one of which nobody knows. */
function statusOf(verified: readonly Verified[], failed: number): number {
  if (verified.some(({ verdict }) => verdict === 'bad')) return exitStatus.verification;
  if (failed !== exitStatus.success) return failed;
  return verified.some(({ verdict }) => verdict === 'unknown') ? exitStatus.unknown : exitStatus.success;
}
