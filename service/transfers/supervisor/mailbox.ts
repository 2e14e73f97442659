import type { MessageOf, MessageType } from '../../processes/ipc/message-policy.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';

/** Brings messages to whoever waits for them: the first of each type may come before it is asked for. */
export class Mailbox {
  readonly #waiting: { type: MessageType; resolve: (message: WorkerMessage | undefined) => void }[] = [];
  readonly #early = new Map<MessageType, WorkerMessage>();

  /** The message of a type that came before anybody had asked for it. */
  early<Type extends MessageType>(type: Type): MessageOf<Type> | undefined {
    return ofType(type, this.#early.get(type));
  }

  /** The next message of a type; undefined when it is given up. */
  next<Type extends MessageType>(type: Type): Promise<MessageOf<Type> | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ type, resolve: (message) => resolve(ofType(type, message)) });
    });
  }

  deliver(message: WorkerMessage): void {
    const index = this.#waiting.findIndex((waiting) => waiting.type === message.type);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting !== undefined) waiting.resolve(message);
    else if (!this.#early.has(message.type)) this.#early.set(message.type, message);
  }

  /** Gives up waiting for what cannot come any more. */
  giveUp(canCome: (type: MessageType) => boolean): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (canCome(waiting.type)) this.#waiting.push(waiting);
      else waiting.resolve(undefined);
    }
  }
}

function ofType<Type extends MessageType>(type: Type, message: WorkerMessage | undefined): MessageOf<Type> | undefined {
  const isOfType = (each: WorkerMessage | undefined): each is MessageOf<Type> => each?.type === type;
  return isOfType(message) ? message : undefined;
}
