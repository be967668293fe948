import { createProgram } from '@parse3d/cli';
import { code, page, prose, table } from './markdown.mjs';

/** What stands under a command's help: its examples. */
function examplesOf(command) {
  let help = '';
  command.configureOutput({ ...command.configureOutput(), writeOut: (text) => (help += text) });
  command.outputHelp();
  return /\nExamples:\n([^]*?)\n*$/.exec(help)?.[1]?.replaceAll(/^ {2}/gm, '');
}

const optionRow = (option) => [
  code(option.flags),
  [
    `${prose(option.description).replace(/\.$/, '')}.`,
    option.mandatory ? 'Required.' : '',
    option.defaultValue === undefined || typeof option.defaultValue === 'boolean'
      ? ''
      : `Default ${code(option.defaultValue)}.`,
    option.argChoices === undefined ? '' : `One of ${option.argChoices.map(code).join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' '),
];

function section(command, names) {
  const full = [...names, command.name()];
  if (command.commands.length > 0 && command.registeredArguments.length === 0 && command.options.length === 0) {
    return [
      `## ${full.slice(1).join(' ')}`,
      prose(command.description()),
      ...command.commands.flatMap((sub) => section(sub, full)),
    ];
  }
  const typed = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = command.options.filter((option) => !option.hidden);
  const examples = examplesOf(command);
  return [
    `${names.length > 1 ? '###' : '##'} ${full.slice(1).join(' ')}`,
    prose(command.description()),
    code([...full, ...(options.length > 0 ? ['[options]'] : []), ...typed].join(' ')),
    typed.length === 0
      ? ''
      : table(
          ['argument', 'meaning'],
          command.registeredArguments.map((argument, at) => [code(typed[at]), prose(argument.description)]),
        ),
    options.length === 0 ? '' : table(['option', 'meaning'], options.map(optionRow)),
    examples === undefined ? '' : `\`\`\`console\n${examples}\n\`\`\``,
    ...command.commands.flatMap((sub) => section(sub, full)),
  ];
}

export async function cliPages() {
  const program = await createProgram();
  return {
    'cli.md': page(
      'Command line',
      'What it prints, exit codes, and which server and key it uses stand in [The command line](../cli.md). Every command ' +
        'takes `--json` and `--help` besides what is listed.',
      ...program.commands
        .filter((command) => command.name() !== 'help')
        .flatMap((command) => section(command, ['parse3d'])),
    ),
  };
}
