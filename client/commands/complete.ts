import { Option } from 'clipanion';
import { escapeText, unprintable } from '../../varlink/text.js';
import { VerbCommand } from '../cli/command.js';
import type { Session } from '../cli/session.js';
import { candidates, parseKind } from '../complete/candidates.js';

/** What the completions of the shells run: a word a line, a tab, a description. */
export default class Complete extends VerbCommand {
  readonly kind = Option.String();

  override async perform(session: Session): Promise<number> {
    const found = await candidates(parseKind(this.kind), session);
    const plain = found.filter(({ word }) => escapeText(word) === word);
    const lines = plain.map(({ word, description }) => `${word}\t${description.replaceAll(unprintable, '?')}\n`);
    session.context.stdout.write([...new Set(lines)].join(''));
    return 0;
  }
}
