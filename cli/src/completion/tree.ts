import { Scope } from '@parse3d/platform/access';
import { ItemStatus, JobStatus, Modality } from '@parse3d/contract';
import type { Command, Option } from 'commander';

/** What may follow: nothing of ours, a file, or one of some words. */
export type Values = 'none' | 'text' | 'file' | readonly string[];

interface OptionWords {
  /** `--json`, `-h` */
  readonly names: readonly string[];
  readonly description: string;
  /** Of its value; `none` when it takes none. */
  readonly values: Values;
}

/** A command as somebody types it, and what can come after it. */
export interface CommandWords {
  /** `parse3d batch show` */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionWords[];
  /** Of its arguments. */
  readonly arguments: Values;
}

const STATUS: Readonly<Record<string, readonly string[]>> = {
  'parse3d batch items': ItemStatus.options,
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  '--modality': Modality.options,
  '--lane': ['interactive', 'batch'],
  '--probabilities': ['uint8', 'float32'],
  '--scope': Scope.options,
  '--device': ['cpu', 'cuda:0'],
};
const FILE = /file|folder|json|dir/i;

/** Every command of the program, those of groups after their group. */
export function commandTree(program: Command): CommandWords[] {
  const walk = (command: Command, path: string): CommandWords[] => [
    wordsOf(command, path, program.options),
    ...command.commands.flatMap((sub) => walk(sub, `${path} ${sub.name()}`)),
  ];
  return walk(program, program.name());
}

function wordsOf(command: Command, path: string, shared: readonly Option[]): CommandWords {
  const all = new Set([...command.options, ...shared.filter(({ long }) => long !== '--version')]);
  return {
    path,
    commands: command.commands.map((sub) => ({ name: sub.name(), description: sub.description() })),
    options: [
      ...[...all].map((option) => ({
        names: [option.short, option.long].filter((name) => name !== undefined),
        description: option.description,
        values: valuesOf(option, path),
      })),
      { names: ['-h', '--help'], description: 'how it is used, with examples', values: 'none' as const },
    ],
    arguments: argumentsOf(command),
  };
}

function valuesOf({ flags, long = '' }: Option, path: string): Values {
  const value = /<([^>]+)>/.exec(flags)?.[1];
  if (value === undefined) return 'none';
  if (long === '--status') return STATUS[path] ?? JobStatus.options;
  return CHOICES[long] ?? (FILE.test(value) ? 'file' : 'text');
}

function argumentsOf({ registeredArguments }: Command): Values {
  const [first] = registeredArguments;
  if (first === undefined) return 'none';
  if (first.argChoices !== undefined) return first.argChoices;
  return /volume|pack|json/.test(first.name()) ? 'file' : 'text';
}
