import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checksums, Publisher } from './recording/publisher.js';
import { animate } from './recording/svg.js';
import { RecordedTerminal } from './recording/terminal.js';

// Records docs/recording.svg: a pull whose server goes away, the same pull again, Ctrl-C, and the list of images. Everything is real
// but the publisher, who is on loopback with a slow line: see recording/stage.sh, which runs this.

const columns = 100;
const rows = 30;
const pull = 'ferryctl pull-raw https://images.example.com/appliance.raw';
const stage = process.env['STAGE'];
if (stage === undefined) throw new Error("run 'npm run recording'");

const sums = checksums();
const signature = execFileSync('gpg', ['--batch', '--quiet', '--detach-sign'], { input: sums });
const publisher = new Publisher(stage, sums, signature);
await publisher.start();
using terminal = new RecordedTerminal(stage, columns, rows, {
  ...(process.env as Record<string, string>),
  PATH: `${join(stage, 'bin')}:${process.env['PATH']}`,
  LANG: 'C.UTF-8',
  PS1: '# ',
});
void terminal.record();
await play();
publisher[Symbol.dispose]();
const label =
  'A pull breaks off, resumes where it stopped, and continues in the background after Ctrl-C; then list-images';
const svg = animate(terminal.frames, columns, label);
writeFileSync('docs/recording.svg', svg);
console.log(`docs/recording.svg: ${terminal.frames.length} frames, ${Buffer.byteLength(svg)} bytes`);

async function play(): Promise<void> {
  await terminal.shows(/^#$/);
  await terminal.enter(pull);
  await terminal.shows(/ 4\d%/);
  publisher[Symbol.dispose]();
  await terminal.shows(/^#$/);
  await publisher.start();
  await sleep(1500);
  await terminal.enter(pull);
  await terminal.shows(/ [78]\d%/);
  terminal.press('C-c');
  await terminal.shows(/^#$/);
  while (!existsSync('/var/lib/machines/appliance.raw')) await sleep(100);
  await sleep(1000);
  await terminal.run('ferryctl list-images');
  await sleep(500);
}
