import { patterns, quote } from './quote.js';
import type { CommandWords, Values } from './tree.js';

/** A script that teaches zsh the words of parse3d, with what each means; `source` it, or save it as \`_parse3d\` in $fpath. */
export function zshScript(tree: readonly CommandWords[]): string {
  const paths = tree.slice(1).map(({ path }) => path);
  return `#compdef parse3d
# Completion of parse3d for zsh, made by: parse3d completion zsh
_parse3d() {
  local cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}" at=parse3d word i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
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
if [[ "\${funcstack[1]}" == _parse3d ]]; then _parse3d "$@"; else compdef _parse3d parse3d; fi
`;
}

function optionArms({ path, options }: CommandWords): string[] {
  return options
    .filter(({ values }) => values !== 'none')
    .map(({ names, values }) => `    ${patterns(names.map((name) => `${path} ${name}`))}) ${offer(values)}; return ;;`);
}

function offer(values: Values): string {
  if (typeof values === 'string') return values === 'file' ? '_files' : ':';
  return `compadd -- ${values.map(quote).join(' ')}`;
}

function commandArm({ path, commands, options, arguments: values }: CommandWords): string {
  const flags = options.flatMap(({ names, description }) =>
    names.filter((name) => name.startsWith('--')).map((name) => described(name, description)),
  );
  const words = commands.map(({ name, description }) => described(name, description));
  const others = words.length > 0 ? `found=(${words.join(' ')}); _describe -t commands command found` : offer(values);
  return `    ${quote(path)})
      if [[ "$cur" == -* ]]; then found=(${flags.join(' ')}); _describe -t options option found
      else ${others}; fi ;;`;
}

const described = (name: string, description: string): string =>
  quote(`${name.replaceAll(':', '\\:')}:${description.replaceAll('\\', '\\\\')}`);
