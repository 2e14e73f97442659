import { version } from '../../common/version.js';
import { imageInterface } from '../../interfaces/generated/io.ferry.Image.generated.js';
import { transferInterface } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { trustInterface } from '../../interfaces/generated/io.ferry.Trust.generated.js';
import { importInterface } from '../../interfaces/generated/io.systemd.Import.generated.js';
import { serviceInterface } from '../../interfaces/generated/io.systemd.service.generated.js';
import { parseInterface } from '../../varlink/idl/parse.js';
import { VarlinkServer } from '../../varlink/server/server.js';
import { ImageInterface } from '../api/image.js';
import { ImportInterface, importError } from '../api/import.js';
import { serve } from '../api/serve.js';
import { ServiceInterface } from '../api/service.js';
import { TransferInterface } from '../api/transfer.js';
import { TrustInterface } from '../api/trust.js';
import type { Host } from '../transfers/host.js';
import { Identifiers } from '../transfers/identifiers.js';
import { Pulls } from '../transfers/kinds/start-pull.js';
import { Looks } from '../transfers/looks.js';
import { TransferManager } from '../transfers/manager.js';
import { OciPulls } from '../transfers/oci/start-oci.js';
import { TransferLog } from './transfer-log.js';

export interface Service {
  server: VarlinkServer;
  manager: TransferManager;
}

/** Puts the parts of the service together. `onChange` hears of every transfer that begins or ends. */
export function createService(host: Host, onChange: () => void): Service {
  const identifiers = new Identifiers(`${host.runtimeDirectory}/last-transfer`);
  const transferLog = new TransferLog(host.log, host.history);
  const noteChange = () => {
    transferLog.follow(manager.active);
    onChange();
  };
  const manager = new TransferManager(identifiers, noteChange, (error, { subject }) => {
    host.log.bug(error, `transfer ${subject.id}`);
  });
  const looks = new Looks();
  const pulls = new Pulls(host, manager, looks);
  const ociPulls = new OciPulls(host, manager, looks);
  const implementations = [
    {
      description: transferInterface.description,
      handlers: serve('io.ferry.Transfer', new TransferInterface(host, manager, pulls, ociPulls)),
    },
    { description: imageInterface.description, handlers: serve('io.ferry.Image', new ImageInterface(host, manager)) },
    { description: trustInterface.description, handlers: serve('io.ferry.Trust', new TrustInterface(host)) },
    {
      description: importInterface.description,
      handlers: serve('io.systemd.Import', new ImportInterface(host, manager, pulls, ociPulls), importError),
    },
    {
      description: serviceInterface.description,
      handlers: serve('io.systemd.service', new ServiceInterface(host.log, host.environment)),
    },
  ];
  const server = new VarlinkServer({
    vendor: 'The Ferry project',
    product: 'Ferry',
    version,
    url: 'https://varlink.org/',
    interfaces: implementations.map((implementation) => ({
      ...implementation,
      definition: parseInterface(implementation.description),
    })),
    onBug: (error) => host.log.bug(error, 'varlink'),
  });
  return { server, manager };
}
