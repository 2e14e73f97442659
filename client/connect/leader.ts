import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../linux/errno.js';
import { VarlinkClient } from '../../varlink/client/client.js';
import { VarlinkError } from '../../varlink/error.js';
import { messageOf, reasonOf, UserError } from '../cli/failure.js';
import { didYouMean } from '../cli/suggest.js';
import { notFound, unreachable } from './faults.js';

/** The first process of a container, as machined knows it. */
export interface Leader {
  readonly pid: number;
  /** The inode number of its pidfd, where machined and kernel tell it. */
  readonly inode: bigint | undefined;
}

/** What io.systemd.Machine says about a machine; `leader` was a number before systemd 257. */
interface MachineReply {
  readonly class?: string | null;
  readonly leader?: number | bigint | { pid: number | bigint; pidfdId?: number | bigint | null } | null;
}

/**
 * Asks machined for the leader of a container, over Varlink, or, where it does not offer that, reads what it keeps
 * in /run/systemd/machines.
 *
 * @param runtimeDirectory /run
 * @throws UserError if there is no such container
 */
export async function findLeader(name: string, runtimeDirectory: string): Promise<Leader> {
  const client = await connectMachined(runtimeDirectory);
  if (client === undefined) return await readLeader(name, runtimeDirectory);
  try {
    const reply = await client.call<MachineReply>('io.systemd.Machine.List', { name });
    return judge(name, reply.class ?? undefined, leaderOf(reply));
  } catch (error) {
    if (!(error instanceof VarlinkError)) throw asUserError(name, error);
    if (error.name === 'io.systemd.Machine.NoSuchMachine') throw noContainer(name, runtimeDirectory);
    // A machined that does not know this method, or does not answer it in this form.
    return await readLeader(name, runtimeDirectory);
  } finally {
    client.close();
  }
}

function asUserError(name: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  return unreachable(`Cannot find the container '${name}': systemd-machined did not answer: ${messageOf(error)}.`);
}

async function connectMachined(runtimeDirectory: string): Promise<VarlinkClient | undefined> {
  const path = join(runtimeDirectory, 'systemd/machine/io.systemd.Machine');
  try {
    return await VarlinkClient.connect(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ECONNREFUSED', 'ENOTDIR')) return undefined;
    throw unreachable(`Cannot ask systemd-machined at '${path}': ${reasonOf(error)}.`);
  }
}

function leaderOf({ leader }: MachineReply): Leader | undefined {
  if (leader === undefined || leader === null) return undefined;
  if (typeof leader !== 'object') return { pid: Number(leader), inode: undefined };
  return { pid: Number(leader.pid), inode: leader.pidfdId ? BigInt(leader.pidfdId) : undefined };
}

/** The lines `KEY=VALUE` of a file in which machined keeps what it knows. */
async function readLeader(name: string, runtimeDirectory: string): Promise<Leader> {
  let text: string;
  try {
    text = await readFile(join(runtimeDirectory, 'systemd/machines', name), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw noContainer(name, runtimeDirectory);
    throw unreachable(`Cannot find out about the container '${name}': ${reasonOf(error)}.`);
  }
  const values = new Map(text.split('\n').map((line) => [line.split('=', 1)[0] ?? '', line.replace(/^[^=]*=/, '')]));
  const pid = Number(values.get('LEADER'));
  const inode = values.get('LEADER_PIDFDID');
  const isKnown = Number.isSafeInteger(pid) && pid > 0;
  const leader = isKnown ? { pid, inode: inode && /^\d+$/.test(inode) ? BigInt(inode) : undefined } : undefined;
  return judge(name, values.get('CLASS'), leader);
}

function judge(name: string, kind: string | undefined, leader: Leader | undefined): Leader {
  if (kind === 'vm') throw unreachable(`'${name}' is a virtual machine, not a container: reach it with --host=.`);
  if (leader === undefined) throw unreachable(`The container '${name}' has no process that leads into it.`);
  return leader;
}

function noContainer(name: string, runtimeDirectory: string): UserError {
  const likely = didYouMean(
    name,
    runningContainers(runtimeDirectory).filter((other) => other !== name),
  );
  return notFound(`No container '${name}' runs on this host: 'machinectl list' shows those that do.${likely}`, {
    name,
  });
}

/** The names of the containers that machined keeps in /run/systemd/machines; its links `unit:…` are not names. */
export function runningContainers(runtimeDirectory: string): string[] {
  const folder = join(runtimeDirectory, 'systemd/machines');
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('unit:')) : [];
}
