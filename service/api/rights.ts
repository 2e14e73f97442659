import type { ImageHandlers } from '../../interfaces/generated/io.ferry.Image.generated.js';
import type { TransferHandlers } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { TrustHandlers } from '../../interfaces/generated/io.ferry.Trust.generated.js';
import type { ImportHandlers } from '../../interfaces/generated/io.systemd.Import.generated.js';
import type { ServiceHandlers } from '../../interfaces/generated/io.systemd.service.generated.js';
import type { Action } from './authorize.js';

/** The interfaces that can be called. */
export interface Interfaces {
  'io.ferry.Transfer': TransferHandlers;
  'io.ferry.Image': ImageHandlers;
  'io.ferry.Trust': TrustHandlers;
  'io.systemd.Import': ImportHandlers;
  'io.systemd.service': ServiceHandlers;
}

/**
 * Who may call a method beside the trusted, who are root and the service's own user: nobody, everybody, or whom polkit grants
 * an action to.
 */
type Others = 'nobody' | 'everybody' | Action;

/** Of a transfer, also the user who asked for it may, without being asked about. */
interface OwnerOr {
  readonly ownerOr: Others;
}

/** A parameter that, when true, needs a further right. */
interface WishToo {
  readonly always: Others;
  readonly wishes: Readonly<Record<string, Others>>;
}

export type Right = Others | OwnerOr | WishToo;

function ownerOr(others: Others): OwnerOr {
  return { ownerOr: others };
}

/** Who may call which method. What has no row here is not served (serve.ts). */
export const rights: { readonly [Name in keyof Interfaces]: Readonly<Record<keyof Interfaces[Name], Right>> } = {
  'io.ferry.Transfer': {
    Pull: 'io.ferry.pull',
    Plan: 'io.ferry.pull',
    PullOci: 'io.ferry.pull',
    PlanOci: 'io.ferry.pull',
    ResolveReference: 'everybody',
    Import: 'io.ferry.import',
    Export: 'io.ferry.export',
    PushOci: 'io.ferry.export',
    Finish: ownerOr('nobody'),
    List: 'everybody',
    // Logs and results belong to root and to the one who asked for the transfer.
    Watch: ownerOr('io.ferry.manage'),
    Cancel: ownerOr('io.ferry.cancel'),
  },
  'io.ferry.Image': {
    List: 'everybody',
    Remove: 'io.ferry.manage',
    Rename: 'io.ferry.manage',
    Clone: 'io.ferry.manage',
    SetReadOnly: 'io.ferry.manage',
    Clean: 'io.ferry.manage',
    DiskUsage: 'everybody',
    // It reads all of an image, with the rights of the service.
    Verify: { always: 'io.ferry.manage', wishes: { online: 'io.ferry.pull' } },
    // The kernel mounts the file system in the disk then, which a stranger may have made.
    Show: { always: 'everybody', wishes: { inspectDisk: 'io.ferry.manage' } },
    // Who is not root is told what they caused themselves.
    History: 'everybody',
  },
  'io.ferry.Trust': {
    List: 'everybody',
    Show: 'everybody',
    Check: 'everybody',
    Add: 'io.ferry.trust',
  },
  'io.systemd.Import': {
    ListTransfers: 'everybody',
    Pull: 'io.ferry.pull',
  },
  'io.systemd.service': {
    Ping: 'everybody',
    SetLogLevel: 'nobody',
    GetLogLevel: 'everybody',
    GetEnvironment: 'nobody',
  },
};
