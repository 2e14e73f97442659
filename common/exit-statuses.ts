import type { FailureName } from './failure.js';

/**
 * The exit statuses of ferryctl(1). Those that shells give a meaning (126, 127, 128 and above), systemd's (200 and above) and ssh's (255)
 * are not among them.
 */
export const exitStatus = {
  success: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  exists: 4,
  busy: 5,
  verification: 6,
  download: 7,
  space: 8,
  permission: 9,
  cancelled: 10,
  unsupported: 11,
  corrupt: 12,
  service: 13,
  invalid: 14,
  file: 15,
  unknown: 16,
  metadata: 17,
  detached: 18,
} as const;

export type ExitStatusName = keyof typeof exitStatus;

/** The errors of Ferry's interfaces, such as io.ferry.Transfer.ImageExists; a name means the same in each of them. */
export const failureStatuses: Readonly<Record<FailureName, ExitStatusName>> = {
  ImageExists: 'exists',
  NoSuchImage: 'notFound',
  ImageBusy: 'busy',
  InvalidName: 'invalid',
  InvalidUrl: 'invalid',
  TransferInProgress: 'busy',
  EntryExists: 'exists',
  NoSuchTransfer: 'notFound',
  TooManyTransfers: 'busy',
  VerificationFailed: 'verification',
  DownloadFailed: 'download',
  UploadFailed: 'download',
  UnsupportedFormat: 'unsupported',
  InsufficientSpace: 'space',
  Corrupt: 'corrupt',
  FileSystemError: 'file',
  MetadataLost: 'metadata',
  Cancelled: 'cancelled',
  ServiceStopping: 'service',
  WorkerFailed: 'failure',
};

/** The errors of other interfaces that the service offers, by their whole names. */
export const foreignStatuses: Readonly<Record<string, ExitStatusName>> = {
  'org.varlink.service.InterfaceNotFound': 'unsupported',
  'org.varlink.service.MethodNotFound': 'unsupported',
  'org.varlink.service.MethodNotImplemented': 'unsupported',
  'org.varlink.service.InvalidParameter': 'invalid',
  'org.varlink.service.PermissionDenied': 'permission',
  'org.varlink.service.ExpectedMore': 'unsupported',
  'org.varlink.service.ExpectedUpgrade': 'unsupported',
  'org.varlink.service.InteractiveAuthenticationRequired': 'permission',
  'io.systemd.InteractiveAuthenticationRequired': 'permission',
  'io.systemd.System': 'failure',
  'io.systemd.Import.AlreadyInProgress': 'busy',
  'io.systemd.Import.TransferCancelled': 'cancelled',
  'io.systemd.Import.TransferFailed': 'failure',
  'io.systemd.Import.NoTransfers': 'notFound',
  'io.systemd.service.InconsistentEnvironment': 'failure',
};

/** The failures that the client finds itself, as io.ferry.Client.NAME: no such interface exists on the wire. */
export const clientStatuses = {
  Cancelled: 'cancelled',
  ConnectionClosed: 'service',
  Corrupt: 'corrupt',
  Detached: 'detached',
  Failed: 'failure',
  FileSystemError: 'file',
  InsufficientSpace: 'space',
  InternalError: 'failure',
  InvalidName: 'invalid',
  InvalidUrl: 'invalid',
  InvalidUsage: 'usage',
  NotFound: 'notFound',
  PermissionDenied: 'permission',
  ProtocolError: 'service',
  Unreachable: 'service',
} as const satisfies Readonly<Record<string, ExitStatusName>>;

export type ClientErrorName = keyof typeof clientStatuses;

const ownName = /^io\.ferry\.(?<interface>\w+)\.(?<error>\w+)$/;

/**
 * @param name of an error, such as io.ferry.Transfer.ImageExists
 * @param facts its parameters: io.systemd.System with EBUSY says that too many calls wait
 * @returns `failure` if this version does not know it
 */
export function exitStatusOf(name: string, facts: { readonly errnoName?: unknown } = {}): ExitStatusName {
  if (name === 'io.systemd.System' && facts.errnoName === 'EBUSY') return 'busy';
  const own = ownName.exec(name)?.groups;
  const rows: Readonly<Record<string, ExitStatusName>> =
    own?.['interface'] === 'Client' ? clientStatuses : failureStatuses;
  const row = own === undefined ? foreignStatuses : rows;
  const key = own?.['error'] ?? name;
  return Object.hasOwn(row, key) ? (row[key] ?? 'failure') : 'failure';
}
