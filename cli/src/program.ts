import { software } from '@parse3d/contract/software';
import { RESEARCH_NOTICE } from '@parse3d/contract';
import { Command } from 'commander';
import { asCalled } from './terminal/as-called.js';

/** Commands by the heading under which the help lists them. Only the one that is typed is loaded: that halves the start. */
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'On this machine:': {
    segment: async () => (await import('./commands/segment.js')).segmentCommand(),
    pack: async () => (await import('./commands/pack.js')).packCommand(),
    eval: async () => (await import('./commands/eval.js')).evalCommand(),
  },
  'The service:': {
    up: async () => (await import('./commands/up.js')).upCommand(),
    demo: async () => (await import('./commands/demo.js')).demoCommand(),
    doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
    key: async () => (await import('./commands/key.js')).keyCommand(),
    tenant: async () => (await import('./commands/tenant.js')).tenantCommand(),
  },
  'Jobs of a service:': {
    submit: async () => (await import('./commands/submit.js')).submitCommand(),
    status: async () => (await import('./commands/status.js')).statusCommand(),
    watch: async () => (await import('./commands/watch.js')).watchCommand(),
    results: async () => (await import('./commands/results.js')).resultsCommand(),
    cancel: async () => (await import('./commands/cancel.js')).cancelCommand(),
    retry: async () => (await import('./commands/retry.js')).retryCommand(),
    job: async () => (await import('./commands/job.js')).jobCommand(),
    batch: async () => (await import('./commands/batch.js')).batchCommand(),
    volume: async () => (await import('./commands/remove.js')).volumeCommand(),
    usage: async () => (await import('./commands/usage.js')).usageCommand(),
  },
  'This terminal:': {
    completion: async () => (await import('./commands/completion.js')).completionCommand(() => createProgram()),
  },
};

const FOOTER = `
Start here:
  # segment one volume on this machine
  $ parse3d segment t1.nii.gz --prompt thalamus --out found

  # the whole service on this machine, and a job for it
  $ parse3d up
  $ parse3d submit t1.nii.gz --prompt thalamus --watch

  # a whole folder of volumes in storage
  $ parse3d submit s3://scans/study/ --prompts prompts.txt --watch

  # what is wrong with a service
  $ parse3d doctor

Exit codes:
  0 done   1 the job failed, or another error   2 wrong usage   3 not found
  4 refused (the same will be refused again)   5 not available (try again)   130 interrupted

Results go to stdout, everything else to stderr; with --json stdout holds JSON and nothing else.
${RESEARCH_NOTICE}
`;

/**
 * The command line; parsing it runs the command. Commander's own exits are thrown as CommanderError.
 * @param typed what was typed after the program's name; without it every command is there
 */
export async function createProgram(typed: readonly string[] = []): Promise<Command> {
  const asked = typed.find((word) => !word.startsWith('-'));
  const known = Object.values(groups).some((commands) => asked !== undefined && Object.hasOwn(commands, asked));
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
    .configureOutput({ writeErr: (text) => (typed.includes('--json') ? undefined : process.stderr.write(text)) })
    .addHelpText('after', asCalled(FOOTER));
  for (const [heading, commands] of Object.entries(groups)) {
    program.commandsGroup(heading);
    for (const [name, load] of Object.entries(commands)) {
      if (!known || name === asked) program.addCommand(inherit(await load(), program));
    }
  }
  return program;
}

/** Settings of the program hold in every command under it. */
function inherit(command: Command, from: Command): Command {
  command.copyInheritedSettings(from);
  for (const sub of command.commands) inherit(sub, command);
  return command;
}
