import type {
  CleanParameters,
  CleanReply,
  CloneParameters,
  ImageHandlers,
  ListParameters,
  ListReply,
  RemoveParameters,
  RenameParameters,
  SetReadOnlyParameters,
} from '../../interfaces/generated/io.ferry.Image.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import { arrayOfPrinted, printJson } from '../../varlink/json.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { imageClasses } from '../images/layout/classes.js';
import { validateImageName } from '../images/layout/names.js';
import { type ListOptions, listImages } from '../images/manage/images.js';
import type { Host } from '../transfers/host.js';
import { manageImages } from '../transfers/kinds/manage.js';
import { authorize, isTrusted } from './authorize.js';
import { withFailures } from './errors.js';
import { chooseImageRoot } from './pull-request.js';
import { UserQueues } from './user-queues.js';

const interfaceName = 'io.ferry.Image';

/** Lists can be long: each user has one at a time. As many wait as there are connections. */
const lists = new UserQueues(1, Number.POSITIVE_INFINITY);

type Nothing = Record<never, never>;

/** What all calls that change an image have in common. */
type Change = Pick<RemoveParameters, 'class' | 'name' | 'imageRoot' | 'allowInteractiveAuthentication'>;

/** io.ferry.Image: the images of this host, of all classes. */
export class ImageInterface implements ImageHandlers {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  List(call: ServerCall<ListParameters, ListReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { class: imageClass, name, imageRoot } = call.parameters;
      if (imageRoot && !isTrusted(call.peer)) throw serviceErrors.permissionDenied();
      const options: ListOptions = {
        scope: this.#host.scope,
        environment: this.#host.environment,
        signal: call.closed,
        ...(imageClass ? { class: imageClass } : {}),
        ...(imageRoot ? { root: imageRoot } : {}),
        ...(name ? { name } : {}),
      };
      // One image is found without looking at the others.
      if (name) await answerList(call, options);
      else await lists.run(call, () => answerList(call, options));
    });
  }

  Remove(call: ServerCall<RemoveParameters, Nothing>): Promise<void> {
    return this.#change(call, { verb: 'remove' });
  }

  Rename(call: ServerCall<RenameParameters, Nothing>): Promise<void> {
    return this.#change(call, () => ({ verb: 'rename', newName: validateImageName(call.parameters.newName) }));
  }

  Clone(call: ServerCall<CloneParameters, Nothing>): Promise<void> {
    const { newName, readOnly } = call.parameters;
    return this.#change(call, () => ({
      verb: 'clone',
      newName: validateImageName(newName),
      readOnly: readOnly ?? false,
    }));
  }

  SetReadOnly(call: ServerCall<SetReadOnlyParameters, Nothing>): Promise<void> {
    return this.#change(call, { verb: 'setReadOnly', readOnly: call.parameters.readOnly });
  }

  Clean(call: ServerCall<CleanParameters, CleanReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { class: imageClass, dryRun, imageRoot, allowInteractiveAuthentication } = call.parameters;
      const classes = imageClass ? [imageClass] : imageRoot ? (['machine'] as const) : imageClasses;
      const roots = classes.map((name) => chooseImageRoot(this.#host, call.peer, name, imageRoot));
      await authorize(call, 'io.ferry.manage', allowInteractiveAuthentication ?? false);
      const { scope } = this.#host;
      call.reply({
        leftovers: await manageImages(this.#host, { scope, verb: 'clean', roots, dryRun: dryRun ?? false }),
      });
    });
  }

  #change(call: ServerCall<Change, Nothing>, what: What | (() => What)): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { class: imageClass, name, imageRoot, allowInteractiveAuthentication } = call.parameters;
      const change = typeof what === 'function' ? what() : what;
      const root = imageRoot ? chooseImageRoot(this.#host, call.peer, imageClass, imageRoot) : null;
      const image = { scope: this.#host.scope, class: imageClass, name: validateImageName(name), root };
      await authorize(call, 'io.ferry.manage', allowInteractiveAuthentication ?? false);
      await manageImages(this.#host, { ...image, ...change });
      call.reply({});
    });
  }
}

async function answerList(call: ServerCall<ListParameters, ListReply>, options: ListOptions): Promise<void> {
  const printed: string[] = [];
  for await (const image of listImages(options)) printed.push(printJson(image));
  call.reply({ images: arrayOfPrinted(printed) });
  // The user's next list waits until this one is out of the memory.
  if (!isTrusted(call.peer)) await call.drained();
}

type What =
  | { verb: 'remove' }
  | { verb: 'rename'; newName: string }
  | { verb: 'clone'; newName: string; readOnly: boolean }
  | { verb: 'setReadOnly'; readOnly: boolean };
