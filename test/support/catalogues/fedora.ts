import type { Layout } from './layouts.js';

const root = 'https://dl.fedoraproject.org/pub/fedora/linux';

/** Fedora's images: each compose has one clear-signed list, named after it. */
export const fedora: readonly Layout[] = [
  compose(
    'Fedora Cloud',
    'releases/43/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2',
    'Fedora-Cloud-43-1.6-x86_64-CHECKSUM',
    ['Fedora-Cloud-Base-AmazonEC2-43-1.6.x86_64.raw.xz', 'Fedora-Cloud-Base-Azure-43-1.6.x86_64.vhdfixed.xz'],
  ),
  compose(
    'Fedora Cloud, ARM',
    'releases/43/Cloud/aarch64/images/Fedora-Cloud-Base-UEFI-UKI-43-1.6.aarch64.qcow2',
    'Fedora-Cloud-43-1.6-aarch64-CHECKSUM',
    ['Fedora-Cloud-Base-Generic-43-1.6.aarch64.qcow2'],
  ),
  compose(
    'Fedora Cloud, with the architecture before the version',
    'releases/40/Cloud/x86_64/images/Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2',
    'Fedora-Cloud-40-1.14-x86_64-CHECKSUM',
    ['Fedora-Cloud-Base-UEFI-UKI.x86_64-40-1.14.qcow2'],
  ),
  compose(
    'Fedora Cloud, older names',
    'releases/38/Cloud/x86_64/images/Fedora-Cloud-Base-38-1.6.x86_64.raw.xz',
    'Fedora-Cloud-38-1.6-x86_64-CHECKSUM',
    ['Fedora-Cloud-Base-38-1.6.x86_64.qcow2'],
  ),
  compose(
    'Fedora Server',
    'releases/43/Server/x86_64/images/Fedora-Server-Guest-Generic-43-1.6.x86_64.qcow2',
    'Fedora-Server-43-1.6-x86_64-CHECKSUM',
    ['Fedora-Server-Host-Generic-43-1.6.x86_64.raw.xz'],
  ),
  compose(
    'Fedora Container',
    'releases/43/Container/x86_64/images/Fedora-Container-Base-Generic-43-1.6.x86_64.oci.tar.xz',
    'Fedora-Container-43-1.6-x86_64-CHECKSUM',
    ['Fedora-Container-Minimal-Generic-43-1.6.x86_64.oci.tar.xz'],
  ),
  compose(
    'Fedora Workstation',
    'releases/43/Workstation/x86_64/iso/Fedora-Workstation-Live-43-1.6.x86_64.iso',
    'Fedora-Workstation-43-1.6-x86_64-CHECKSUM',
    [],
  ),
  compose(
    'Fedora Beta',
    'releases/test/43_Beta/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-43_Beta-1.3.x86_64.qcow2',
    'Fedora-Cloud-43_Beta-1.3-x86_64-CHECKSUM',
    [],
  ),
  compose(
    'Fedora IoT',
    'releases/43/IoT/x86_64/images/Fedora-IoT-raw-43-20251024.0.x86_64.raw.xz',
    'Fedora-IoT-43-20251024.0-x86_64-CHECKSUM',
    [],
  ),
  compose(
    'Fedora Rawhide',
    'development/rawhide/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-Rawhide-20261128.n.0.x86_64.qcow2',
    'Fedora-Cloud-images-Rawhide-x86_64-20261128.n.0-CHECKSUM',
    ['Fedora-Cloud-Base-AmazonEC2-Rawhide-20261128.n.0.x86_64.raw.xz'],
  ),
  compose(
    'Fedora before its release',
    'development/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-20260424.n.0.x86_64.qcow2',
    'Fedora-Cloud-images-44-x86_64-20260424.n.0-CHECKSUM',
    [],
  ),
  compose(
    'Fedora release candidate',
    'development/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.2.x86_64.qcow2',
    'Fedora-Cloud-images-44-x86_64-1.2-CHECKSUM',
    [],
  ),
  compose(
    'Fedora Server before its release, older names',
    'development/38/Server/aarch64/iso/Fedora-Server-netinst-aarch64-38-20230324.n.0.iso',
    'Fedora-Server-38-aarch64-20230324.n.0-CHECKSUM',
    [],
  ),
  compose(
    'Fedora Server Rawhide',
    'development/rawhide/Server/x86_64/iso/Fedora-Server-netinst-x86_64-Rawhide-20261128.n.0.iso',
    'Fedora-Server-iso-Rawhide-x86_64-20261128.n.0-CHECKSUM',
    [],
  ),
];

function compose(catalogue: string, path: string, list: string, others: readonly string[]): Layout {
  const file = { list, style: 'bsd with sizes', algorithms: ['sha256'], others, isClearSigned: true } as const;
  return { catalogue, url: `${root}/${path}`, beside: [file], isSigned: true, hasChecksum: true };
}
