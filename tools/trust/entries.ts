import type { Publisher } from './publishers.js';

/** The file with the trust entry of a publisher. */
export function entryText({ name, description, urls, hostKeyrings, checksumFiles }: Publisher): string {
  const lines = [
    `# Written by 'npm run generate' from tools/trust/publishers.ts. A file of this name in /etc/ferry/trust.d replaces it.`,
    '[Trust]',
    `Description=${description}`,
    ...urls.map((url) => `URL=${url}`),
    `Keyring=${name}.asc`,
    ...hostKeyrings.map((path) => `Keyring=-${path}`),
    ...checksumFiles.map((file) => `ChecksumFile=${file}`),
  ];
  return `${lines.join('\n')}\n`;
}
