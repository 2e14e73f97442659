import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, type FailureFacts } from '../../../../common/failure.js';
import { transferInterface } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { trustInterface } from '../../../../interfaces/generated/io.ferry.Trust.generated.js';
import { toWire } from '../../../../service/api/serve.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { validateParameters } from '../../../../varlink/idl/validate.js';

const facts: FailureFacts = {
  ImageExists: { name: 'x', path: '/x' },
  NoSuchImage: { name: 'x' },
  ImageBusy: { name: 'x' },
  InvalidName: { name: 'x' },
  InvalidUrl: { url: 'x' },
  TransferInProgress: { id: 1 },
  EntryExists: { path: '/x' },
  NoSuchTransfer: { id: 1 },
  TooManyTransfers: { limit: 64 },
  VerificationFailed: { file: 'x', found: 'y' },
  DownloadFailed: { url: 'x' },
  UploadFailed: { url: 'x' },
  UnsupportedFormat: { needed: 'x', allowed: 'y' },
  InsufficientSpace: { available: 1 },
  Corrupt: { what: 'x', offset: 7 },
  FileSystemError: { path: '/x', errorName: 'EROFS' },
  MetadataLost: { lossCount: 3 },
  Cancelled: {},
  ServiceStopping: {},
  WorkerFailed: { process: 'fetch' },
};

for (const [kind, known] of Object.entries(facts)) {
  const { description } = kind === 'EntryExists' ? trustInterface : transferInterface;
  const definition = parseInterface(description);
  const { name } = definition;
  test(`${kind} goes over the wire as the interface defines it`, () => {
    const error = toWire(new Failure(kind as keyof FailureFacts, 'what to do', known), name);
    assert.equal(error.name, `${name}.${kind}`);
    const defined = definition.members.find((member) => member.kind === 'error' && member.name === kind);
    assert.ok(defined?.kind === 'error', `${name} has no error ${kind}`);
    const unknown = Object.fromEntries(defined.parameters.fields.map(({ name }) => [name, null]));
    assert.deepEqual(error.parameters, { ...unknown, message: 'what to do', ...known });
    assert.equal(validateParameters(definition, defined.parameters.fields, error.parameters), undefined);
  });
}
