import { runCommand } from './command.js';

const { lines, status } = runCommand(process.argv.slice(2));
for (const line of lines) process.stdout.write(`${line}\n`);
process.exitCode = status;
