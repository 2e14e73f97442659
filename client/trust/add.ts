import { readSync } from 'node:fs';
import { resolve } from 'node:path';
import { zoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import { UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import { attempt } from '../connect/describe.js';
import { readKeyring } from '../keyring.js';
import { fieldLook, renderFields } from '../terminal/fields.js';
import { present } from '../transfer/parameters.js';
import { writeJson } from '../transfer/report.js';
import { keyFields } from './keys.js';

const nothingWritten = 'Nothing was written.';

/** `trust add`. The key is read here, with the caller's rights: the service need not be able to read it. */
export async function addTrust(session: Session, url: string, file: string): Promise<number> {
  const { settings, context } = session;
  const parameters = {
    url,
    keyring: await readKeyring(resolve(context.workingDirectory, file), 'key'),
    ...present({ name: settings.name, verify: settings.verify, force: settings.force || undefined }),
    allowInteractiveAuthentication: session.allowInteractiveAuthentication,
  };
  const connection = await session.connectForChange();
  const add = (dryRun: boolean) =>
    attempt(`trust '${file}' for '${url}'`, () => connection.trust.add({ ...parameters, dryRun }));
  if (context.stdin.isTerminal && !settings.yes) {
    const { keys } = await add(true);
    const look = { ...fieldLook(session), width: undefined };
    context.stderr.write(renderFields(keyFields(keys, zoneNamer(context.environment.timeZone)), look));
    if (!isYes(ask(session, `Trust ${keys.length === 1 ? 'this key' : 'these keys'} for ${escapeText(url)}? [y/N] `))) {
      session.log.notice(nothingWritten);
      throw new UserError(nothingWritten, { error: 'Cancelled', isTold: true });
    }
  }
  const added = await add(false);
  for (const { fingerprint } of added.keys) session.log.info(`Key ${fingerprint} is trusted for ${escapeText(url)}.`);
  if (!settings.quiet) session.log.success(`The trust entry is in ${escapeText(added.path)}.`);
  writeJson(session, added);
  return 0;
}

/** Asks on the terminal. Nothing else has to go on meanwhile. */
function ask({ context: { stdin, stderr } }: Session, question: string): string {
  stderr.write(question);
  const chunk = Buffer.alloc(256);
  let answer = '';
  while (!answer.includes('\n')) {
    const count = readSync(stdin.descriptor, chunk);
    if (count === 0) break;
    answer += chunk.toString('utf8', 0, count);
  }
  return answer.trim();
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer);
}
