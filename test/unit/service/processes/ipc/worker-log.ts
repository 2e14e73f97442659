import type { NewImage } from '../../../../../service/processes/ipc/messages.js';
import { outcome } from '../worker-process.js';

export const order: NewImage = {
  format: 'tar',
  name: 'x',
  class: 'machine',
  imageRoot: '/nonexistent',
  force: false,
  readOnly: false,
  sizeMax: 1e9,
  strict: false,
  scope: 'system',
  convertCommand: ['/bin/false'],
};

/** What a worker has logged, with priorities. */
export async function logged(script: string): Promise<string[]> {
  const { messages } = await outcome(script);
  return messages.flatMap((message) => {
    const { type, priority, message: text } = Object(message);
    return type === 'log' ? [`${priority} ${text}`] : type === 'failure' ? [text] : [];
  });
}
