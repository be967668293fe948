import { Argument, Command } from 'commander';
import { z } from 'zod';
import { bashScript } from '../completion/bash.js';
import { commandTree } from '../completion/tree.js';
import { zshScript } from '../completion/zsh.js';
import { action, examples } from './define.js';

const scripts = { bash: bashScript, zsh: zshScript } as const;
const Shell = z.enum(['bash', 'zsh']);

/** @param wholeProgram every command, whatever was typed */
export function completionCommand(wholeProgram: () => Promise<Command>): Command {
  const command = new Command('completion')
    .description('Writes a script that lets a shell complete commands, options and their values.')
    .addArgument(new Argument('<shell>', 'bash or zsh').choices(Shell.options))
    .action(
      action(z.object({}), async ({ args, output }) => {
        const shell = Shell.parse(args[0]);
        const script = scripts[shell](commandTree(await wholeProgram()));
        output.document({ shell, script });
        output.say(script.trimEnd());
      }),
    );
  return examples(
    command,
    ['bash, in ~/.bashrc', 'source <(parse3d completion bash)'],
    ['zsh, in ~/.zshrc after compinit', 'source <(parse3d completion zsh)'],
    ['zsh, for everybody', 'parse3d completion zsh > /usr/local/share/zsh/site-functions/_parse3d'],
  );
}
