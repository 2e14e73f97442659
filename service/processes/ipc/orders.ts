import { isJsonObject } from '../../../varlink/idl/value.js';
import type { WorkerName } from '../../sandbox/needs.js';
import { waitForDaemon } from './channel.js';
import { validateMessage, withoutNulls, wordFor } from './definition.js';
import type { FirstOrder, Order, OrderTo, Permission } from './messages.js';

/*
 * What a process is told, as interfaces/internal/io.ferry.Worker.varlink has it. The daemon is trusted, and no length is bounded.
 */

/** @throws TypeError when a process of that name cannot be told this */
export function readOrder<Name extends WorkerName>(name: Name, order: unknown): OrderTo<Name> {
  if (!isJsonObject(order)) throw new TypeError('an order that is not an object');
  const { type, ...parameters } = order;
  const word = wordFor(type);
  if (!word.hearers.includes(name)) throw new TypeError(`'${word.type}' is not for the ${name} process`);
  validateMessage(word, parameters);
  return withoutNulls(order) as unknown as OrderTo<Name>;
}

/** Waits for what the process is there for; undefined when the daemon is gone or does not need it. Blocks the thread. */
export function waitForOrder<Name extends WorkerName>(name: Name): FirstOrder<Name> | undefined {
  const order = waitForDaemon();
  return order === undefined ? undefined : (readOrder(name, order) as FirstOrder<Name>);
}

/** Waits for the daemon to say that all is well; undefined when it is not. Blocks the thread. */
export function waitForPermission<Type extends Permission['type']>(
  type: Type,
): Extract<Permission, { type: Type }> | undefined {
  const told = waitForDaemon();
  if (told === undefined) return undefined;
  const order: Order = readOrder('placement', told);
  const isIt = (each: Order): each is Extract<Permission, { type: Type }> => each.type === type;
  if (!isIt(order)) throw new TypeError(`'${order.type}' where '${type}' was waited for`);
  return order;
}
