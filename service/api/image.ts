import { join } from 'node:path';
import { imageClasses } from '../../common/image-classes.js';
import type {
  CleanParameters,
  CleanReply,
  CloneParameters,
  DiskUsageParameters,
  DiskUsageReply,
  HistoryParameters,
  HistoryReply,
  ListParameters,
  ListReply,
  RemoveParameters,
  RenameParameters,
  SetReadOnlyParameters,
  ShowParameters,
  ShowReply,
  VerifyParameters,
  VerifyReply,
} from '../../interfaces/generated/io.ferry.Image.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { KnownSizes } from '../images/details/known-sizes.js';
import { validateImageName } from '../images/layout/names.js';
import type { ListOptions } from '../images/manage/images.js';
import type { ManagedImage } from '../processes/ipc/messages.js';
import type { Host } from '../transfers/host.js';
import { type ManageOrder, manageImages } from '../transfers/kinds/manage.js';
import type { TransferManager } from '../transfers/manager.js';
import { knownProvenanceKey, provenanceOrder } from '../transfers/provenance-order.js';
import { isTrusted } from './authorize.js';
import { answerList } from './image/answer-list.js';
import { answerDiskUsage } from './image/disk-usage.js';
import { prepareHistory } from './image/history.js';
import { ListDetails } from './image/list-details.js';
import { ImageShower } from './image/show-images.js';
import { prepareVerify } from './image/verify-image.js';
import { onWire } from './on-wire.js';
import { chooseImageRoot, positive } from './pull-request.js';
import type { Interfaces } from './rights.js';
import type { Methods, PreparedCall } from './serve.js';
import { UserQueues } from './user-queues.js';

/** Lists can be long: each user has one at a time. As many wait as there are connections. */
const lists = new UserQueues(1, Number.POSITIVE_INFINITY);

/** Each of these has a process that counts: each user has two at a time, and no more wait than a person would start. */
const counts = new UserQueues(2, 100);

type Nothing = Record<never, never>;

/** What all calls that change an image have in common. */
type Change = Pick<RemoveParameters, 'class' | 'name' | 'imageRoot'>;

/** io.ferry.Image: the images of this host, of all classes. */
export class ImageInterface implements Methods<Interfaces['io.ferry.Image']> {
  readonly #host: Host;
  readonly #transfers: Pick<TransferManager, 'active'>;
  readonly #sizes: KnownSizes;
  readonly #shower: ImageShower;

  constructor(host: Host, transfers: Pick<TransferManager, 'active'>) {
    this.#host = host;
    this.#transfers = transfers;
    const { stateDirectory: directory, log } = host;
    const file = directory === undefined ? undefined : join(directory, 'sizes.json');
    this.#sizes = new KnownSizes(file, (message) => log.warning(message));
    this.#shower = new ImageShower(host, this.#sizes);
  }

  List(call: ServerCall<ListParameters, ListReply>): PreparedCall {
    const { class: imageClass, name, imageRoot } = call.parameters;
    checkListedRoot(call);
    const options: ListOptions = {
      scope: this.#host.scope,
      environment: this.#host.environment,
      signal: call.closed,
      warn: (message) => this.#host.log.warning(message),
      ...(imageClass ? { class: imageClass } : {}),
      ...(imageRoot ? { root: imageRoot } : {}),
      ...(name ? { name } : {}),
    };
    const details = () => ListDetails.prepare(call, this.#host, this.#pulled());
    const answer = async () => answerList(call, options, { sizes: this.#sizes, details: await details() });
    // One image is found without looking at the others.
    return { run: name ? answer : () => lists.run(call, answer) };
  }

  Remove(call: ServerCall<RemoveParameters, Nothing>): PreparedCall {
    return this.#change(call, (image) => ({ type: 'remove', image }));
  }

  Rename(call: ServerCall<RenameParameters, Nothing>): PreparedCall {
    const newName = validateImageName(call.parameters.newName);
    return this.#change(call, (image) => ({ type: 'rename', image, newName }));
  }

  Clone(call: ServerCall<CloneParameters, Nothing>): PreparedCall {
    const newName = validateImageName(call.parameters.newName);
    const readOnly = call.parameters.readOnly ?? false;
    const warn = (message: string) => this.#host.log.warning(message);
    return this.#change(call, (image) => {
      const provenance = provenanceOrder(this.#host, call.peer.uid, warn);
      return { type: 'clone', image, newName, readOnly, provenance };
    });
  }

  SetReadOnly(call: ServerCall<SetReadOnlyParameters, Nothing>): PreparedCall {
    const { readOnly } = call.parameters;
    return this.#change(call, (image) => ({ type: 'setReadOnly', image, readOnly }));
  }

  Clean(call: ServerCall<CleanParameters, CleanReply>): PreparedCall {
    const { class: imageClass, dryRun, imageRoot, olderThan, keep, unused } = call.parameters;
    const classes = imageClass ? [imageClass] : imageRoot ? (['machine'] as const) : imageClasses;
    const roots = classes.map((name) => chooseImageRoot(this.#host, call.peer, name, imageRoot));
    const rules = { olderThan: spanOf(olderThan), keep: positive(keep, 'keep') };
    const shared = { scope: this.#host.scope, roots, dryRun: dryRun ?? false, unused: unused ?? false, ...rules };
    const run = async () => {
      const provenanceKey = shared.unused ? knownProvenanceKey(this.#host) : undefined;
      const order = { type: 'clean', ...shared, provenanceKey, pulled: this.#pulled() } as const;
      call.reply({ leftovers: (await manageImages(this.#host, order, call.peer.uid)).map(onWire) });
    };
    return { run };
  }

  /** The URLs of pulls that have not ended. */
  #pulled(): string[] {
    const pulls = this.#transfers.active.filter(({ subject }) => subject.type.startsWith('pull'));
    return pulls.flatMap(({ subject: { remote } }) => (remote === undefined ? [] : [remote]));
  }

  History(call: ServerCall<HistoryParameters, HistoryReply>): PreparedCall {
    return prepareHistory(this.#host, call);
  }

  DiskUsage(call: ServerCall<DiskUsageParameters, DiskUsageReply>): PreparedCall {
    const { class: imageClass, imageRoot } = call.parameters;
    checkListedRoot(call);
    const classes = imageClass ? [imageClass] : imageRoot ? (['machine'] as const) : imageClasses;
    return { run: () => counts.run(call, () => answerDiskUsage(this.#host, call, classes)) };
  }

  Verify(call: ServerCall<VerifyParameters, VerifyReply>): PreparedCall {
    return prepareVerify(this.#host, call);
  }

  Show(call: ServerCall<ShowParameters, ShowReply>): PreparedCall {
    checkListedRoot(call);
    return { run: () => counts.run(call, () => this.#shower.answer(call)) };
  }

  #change(call: ServerCall<Change, Nothing>, orderFor: (image: ManagedImage) => ManageOrder): PreparedCall {
    const { class: imageClass, name, imageRoot } = call.parameters;
    const root = imageRoot ? chooseImageRoot(this.#host, call.peer, imageClass, imageRoot) : undefined;
    const image = { scope: this.#host.scope, class: imageClass, name: validateImageName(name), root };
    const run = async () => {
      await manageImages(this.#host, orderFor(image), call.peer.uid);
      call.reply({});
    };
    return { run };
  }
}

/**
 * A span of time in microseconds. One that no number can hold exactly is longer than anything is old.
 *
 * @throws VarlinkError InvalidParameter
 */
function spanOf(microseconds: CleanParameters['olderThan']): number | undefined {
  if (microseconds == null) return undefined;
  if (microseconds < 0) throw serviceErrors.invalidParameter('olderThan');
  return Math.min(Number(microseconds), Number.MAX_SAFE_INTEGER);
}

/** @throws VarlinkError PermissionDenied when an untrusted caller looks into a directory of its choice */
function checkListedRoot(call: Pick<ServerCall<ListParameters>, 'parameters' | 'peer'>): void {
  const { imageRoot } = call.parameters;
  if (imageRoot && !isTrusted(call.peer)) throw serviceErrors.permissionDenied();
}
