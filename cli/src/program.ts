import { software } from '@parse3d/shared/config';
import { RESEARCH_NOTICE } from '@parse3d/shared/contract';
import { Command } from 'commander';
import { cancelCommand } from './commands/cancel.js';
import { demoCommand } from './commands/demo.js';
import { keyCommand } from './commands/key.js';
import { packCommand } from './commands/pack.js';
import { resultsCommand } from './commands/results.js';
import { retryCommand } from './commands/retry.js';
import { segmentCommand } from './commands/segment.js';
import { statusCommand } from './commands/status.js';
import { submitCommand } from './commands/submit.js';
import { upCommand } from './commands/up.js';
import { watchCommand } from './commands/watch.js';

const FOOTER = `
Start here:
  # segment one volume on this machine
  $ parse3d segment ct.nii.gz --prompt bone --out found

  # the whole service on this machine, and a job for it
  $ parse3d up
  $ parse3d submit ct.nii.gz --prompt bone --watch

Exit codes:
  0 done   1 the job failed, or another error   2 wrong usage   3 not found
  4 refused (the same will be refused again)   5 not available (try again)   130 interrupted

Results go to stdout, everything else to stderr; with --json stdout holds JSON and nothing else.
${RESEARCH_NOTICE}
`;

/** The command line as a whole; parsing it runs the command. Commander's own exits are thrown as CommanderError. */
export function createProgram(): Command {
  const program = new Command('parse3d');
  program
    .description('Segments 3D biomedical volumes from text prompts.')
    .version(software(process.env).version)
    .option('--json', 'answer in JSON: one document, or one object a line where answers come one by one')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help to see how it is used)')
    .exitOverride()
    // With --json the error comes as JSON, from main.ts.
    .configureOutput({ writeErr: (text) => (process.argv.includes('--json') ? undefined : process.stderr.write(text)) })
    .addHelpText('after', FOOTER);
  const add = (...commands: Command[]): void => {
    for (const command of commands) program.addCommand(inherit(command, program));
  };
  program.commandsGroup('On this machine:');
  add(segmentCommand(), packCommand());
  program.commandsGroup('The service:');
  add(upCommand(), demoCommand(), keyCommand());
  program.commandsGroup('Jobs of a service:');
  add(submitCommand(), statusCommand(), watchCommand(), resultsCommand(), cancelCommand(), retryCommand());
  return program;
}

/** Settings of the program hold in every command under it. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const sub of command.commands) inherit(sub, command);
  return command;
}
