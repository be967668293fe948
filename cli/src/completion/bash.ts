import { patterns, quote } from './quote.js';
import type { CommandWords, Values } from './tree.js';

/** A script that teaches bash (3.2 and later) the words of parse3d; `source` it. */
export function bashScript(tree: readonly CommandWords[]): string {
  const paths = tree.slice(1).map(({ path }) => path);
  return `# Completion of parse3d for bash, made by: parse3d completion bash
_parse3d() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at=parse3d word words i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at $word" in
      ${patterns(paths)}) at="$at $word" ;;
    esac
  done
  # The value of an option.
  case "$at $prev" in
${tree.flatMap(optionArms).join('\n')}
  esac
  case "$at" in
${tree.map(commandArm).join('\n')}
  esac
}
complete -o bashdefault -o default -F _parse3d parse3d
`;
}

function optionArms({ path, options }: CommandWords): string[] {
  return options
    .filter(({ values }) => values !== 'none')
    .map(({ names, values }) => `    ${patterns(names.map((name) => `${path} ${name}`))}) ${reply(values)}; return ;;`);
}

/** Where nothing is replied, \`-o default\` completes files. */
const reply = (values: Values): string => (typeof values === 'string' ? ':' : compgen(values));

const compgen = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quote(words.join(' '))} -- "$cur"))`;

function commandArm({ path, commands, options, arguments: values }: CommandWords): string {
  const names = options.flatMap(({ names: all }) => all.filter((name) => name.startsWith('--')));
  const words = [...commands.map(({ name }) => name), ...(typeof values === 'string' ? [] : values)];
  return `    ${quote(path)})
      if [[ "$cur" == -* ]]; then ${compgen(names)}
      else ${words.length === 0 ? ':' : compgen(words)}; fi ;;`;
}
