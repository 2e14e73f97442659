import { Failure, type FailureName } from '../../common/failure.js';
import { serviceErrors, VarlinkError } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { authorize, isTrusted } from './authorize.js';
import { onWire } from './on-wire.js';
import { type Interfaces, type Right, rights } from './rights.js';

/** What a call will do, if its caller may. */
export interface PreparedCall {
  /** The user who asked for the transfer that the call is about. */
  readonly owner?: number;
  /** Answers the call. */
  readonly run: () => void | Promise<void>;
}

/** Keeps something until the call is answered, or refused, and disposes of it then. */
export type Hold = <Held extends Disposable>(held: Held) => Held;

/** Checks what a call wants, and takes its descriptors. Nothing is changed before `run`, as it is not known yet who may. */
type Method<Call> = (call: Call, hold: Hold) => PreparedCall;

/** An implementation of an interface, without the question who may call it. */
export type Methods<Handlers> = {
  readonly [Name in keyof Handlers]: Handlers[Name] extends (call: infer Call) => Promise<void> ? Method<Call> : never;
};

/** What is answered when a method fails with a Failure. */
type FailureAnswer = (failure: Failure, call: Pick<ServerCall, 'more' | 'continues'>) => VarlinkError;

/**
 * The handlers of an interface: each checks a call, asks whether its caller may (rights.ts), and only then does what it wants.
 * A method without a row there has no handler.
 */
export function serve<Name extends keyof Interfaces>(
  name: Name,
  methods: Methods<Interfaces[Name]>,
  answer: FailureAnswer = (failure) => toWire(failure, name),
): Interfaces[Name] {
  const rows: [string, Right][] = Object.entries(rights[name]);
  const handlers = rows.map(([method, right]) => {
    const prepare: Method<ServerCall> = (call, hold) =>
      Reflect.apply(Reflect.get(methods, method), methods, [call, hold]);
    return [method, (call: ServerCall) => handle(call, right, prepare, answer)] as const;
  });
  return Object.fromEntries(handlers) as unknown as Interfaces[Name];
}

async function handle(
  call: ServerCall,
  right: Right,
  prepare: Method<ServerCall>,
  answer: FailureAnswer,
): Promise<void> {
  const held: Disposable[] = [];
  try {
    const { owner, run } = prepare(call, (one) => {
      held.push(one);
      return one;
    });
    await permit(call, right, owner);
    await run();
  } catch (error) {
    throw error instanceof Failure ? answer(error, call) : error;
  } finally {
    for (const one of held) one[Symbol.dispose]();
  }
}

/**
 * @throws VarlinkError PermissionDenied, InteractiveAuthenticationRequired, io.systemd.System EBUSY, as authorize()
 * @throws ConnectionClosed or SystemError, the reason of `closed`, when the caller has gone before its turn
 */
async function permit(call: ServerCall, right: Right, owner: number | undefined): Promise<void> {
  if (typeof right === 'object' && 'always' in right) {
    await permit(call, right.always, undefined);
    for (const [wish, needed] of Object.entries(right.wishes))
      if (call.parameters[wish] === true) await permit(call, needed, undefined);
  } else if (typeof right === 'object') {
    if (call.peer.uid !== owner) await permit(call, right.ownerOr, undefined);
  } else if (right === 'nobody') {
    if (!isTrusted(call.peer)) throw serviceErrors.permissionDenied();
  } else if (right !== 'everybody') {
    await authorize(call, right, call.parameters['allowInteractiveAuthentication'] === true);
  }
}

/** An error has all its fields on the wire. */
const factsThatMayBeUnknown: { readonly [Name in FailureName]?: Readonly<Record<string, undefined>> } = {
  VerificationFailed: { expected: undefined, found: undefined },
  DownloadFailed: { status: undefined },
  UploadFailed: { status: undefined },
  InsufficientSpace: { needed: undefined },
  Corrupt: { offset: undefined },
};

/** A failure as an error of one of our interfaces, which carry its message and its facts. */
export function toWire(failure: Failure, interfaceName: string): VarlinkError {
  const facts = { ...factsThatMayBeUnknown[failure.kind], ...failure.facts };
  return new VarlinkError(`${interfaceName}.${failure.kind}`, onWire({ message: failure.message, ...facts }));
}
