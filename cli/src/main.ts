import { CommanderError, type Command } from 'commander';
import { outputOf } from './commands/define.js';
import { createProgram } from './program.js';
import { reportError } from './errors/report.js';

// A reader such as `head` that has seen enough is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const typed = process.argv.slice(2);
const program = await createProgram(typed);
let running: Command = program;
program.hook('preAction', (_program, command) => {
  running = command;
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const output = outputOf(running);
  // Commander has written its message already, but not in JSON.
  if (error instanceof CommanderError && error.exitCode !== 0 && typed.includes('--json')) {
    output.jsonError({ error: { code: 'usage', detail: error.message.replace(/^error: /, ''), exitCode: 2 } });
  }
  process.exitCode = reportError(error, output);
}
