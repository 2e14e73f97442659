import { setTimeout as pause } from 'node:timers/promises';
import { imageClasses } from '../../common/image-classes.js';
import { UsageError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import { runningContainers } from '../connect/leader.js';
import { localAddress, reachRunning } from '../connect/running.js';
import type { Candidate } from './candidate.js';
import { localImages } from './local-images.js';

/** What can be asked for. `trees` and `disks` are the images that export-tar, export-oci and export-raw take. */
export const candidateKinds = ['images', 'trees', 'disks', 'transfers', 'containers'] as const;
export type CandidateKind = (typeof candidateKinds)[number];

/** How long a service may take to answer, in milliseconds: somebody waits with a finger on the key. */
const answerTimeoutMs = 1000;

/** The words of a kind. There are none where they cannot be had at once, and without starting a service. */
export async function candidates(kind: CandidateKind, session: Session): Promise<readonly Candidate[]> {
  if (kind === 'containers') return containers(session);
  const found = kind === 'transfers' ? await ask(session, transfers) : await images(session);
  if (kind === 'trees') return found.filter(({ description }) => !description.endsWith(' raw'));
  return kind === 'disks' ? found.filter(({ description }) => description.endsWith(' raw')) : found;
}

function containers({ context }: Session): Candidate[] {
  return [...runningContainers(context.runtimeDirectory), '.host'].map((word) => ({
    word,
    description: word === '.host' ? 'this host' : 'container',
  }));
}

/** Read from the directories; where a user may not look into them, the service is asked. */
async function images(session: Session): Promise<readonly Candidate[]> {
  const { settings, context } = session;
  const address = localAddress(settings, context);
  if (address === undefined) return [];
  const classes = settings.class === undefined ? imageClasses : [settings.class];
  const found = classes.map((imageClass) =>
    localImages(imageClass, address.scope, settings.imageRoot, context.variables),
  );
  const readable = found.flatMap((each) => each ?? []);
  return found.includes(undefined) ? await ask(session, listImages) : readable;
}

async function listImages(connection: ServiceConnection, { settings }: Session): Promise<Candidate[]> {
  const reply = await connection.image.list({
    ...(settings.class === undefined ? {} : { class: settings.class }),
    ...(settings.imageRoot === undefined ? {} : { imageRoot: settings.imageRoot }),
  });
  return reply.images.map((image) => ({ word: image.name, description: `${image.class} ${image.type}` }));
}

export async function transfers(connection: ServiceConnection, { settings }: Session): Promise<Candidate[]> {
  const reply = await connection.transfer.list(settings.class === undefined ? {} : { class: settings.class });
  return reply.transfers.map(({ id, type, local, remote }) => ({
    word: String(id),
    description: [type.replace('_', '-'), local ?? remote ?? ''].join(' ').trim(),
  }));
}

/** Asks a service that runs. One that does not answer is left alone. */
async function ask(
  session: Session,
  question: (connection: ServiceConnection, session: Session) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const address = localAddress(session.settings, session.context);
  if (address === undefined) return [];
  const connection = await reachRunning(address, session.context);
  if (connection === undefined) return [];
  try {
    return await Promise.race([question(connection, session), pause(answerTimeoutMs, [])]);
  } finally {
    connection.close();
  }
}

/** @throws UserError if there is no such kind */
export function parseKind(text: string): CandidateKind {
  const kind = candidateKinds.find((candidate) => candidate === text);
  if (kind === undefined)
    throw new UsageError(`Nothing is called '${text}' here: expected ${candidateKinds.join(', ')}.`);
  return kind;
}
