import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiEnvSchema } from '@parse3d/api';
import { createProgram } from '@parse3d/cli';
import { workerEnvSchema } from '@parse3d/worker';
import { z } from 'zod';
import { blocksOf, readPage, repository, type DocBlock } from './doc-blocks.js';

type Command = Awaited<ReturnType<typeof createProgram>>;

/** What a block lets somebody type: of a transcript the lines after `$` and those that they go on in. */
function typedIn({ language, text }: DocBlock): string {
  const whole = text.replaceAll(/\\\n\s*/g, ' ');
  if (language !== 'console') return whole;
  return whole
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2))
    .join('\n');
}

/** Commands as lists of words, by the rules of the shell that the pages need: quotes, comments, pipes, lists, `$( )`. */
export function commandsOf(typed: string): string[][] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  let quote = '';
  const endWord = (): void => {
    if (word !== undefined) commands.at(-1)?.push(word);
    word = undefined;
  };
  for (let at = 0; at < typed.length; at += 1) {
    const letter = typed.charAt(at);
    if (quote !== '') {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (letter === '#' && word === undefined) {
      while (at + 1 < typed.length && typed[at + 1] !== '\n') at += 1;
    } else if (/[\n;&|()]/.test(letter)) {
      endWord();
      commands.push([]);
    } else if (/\s/.test(letter)) endWord();
    else word = (word ?? '') + letter;
  }
  endWord();
  return commands.filter((words) => words.length > 0);
}

const commandsIn = (page: string): { block: DocBlock; words: string[] }[] =>
  blocksOf(page)
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap((block) => commandsOf(typedIn(block)).map((words) => ({ block, words })));

/** What is wrong with the `parse3d` commands and npm scripts of a page. */
export async function wrongCommands(page: string): Promise<string[]> {
  const program = await createProgram();
  const { scripts } = z
    .looseObject({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readPage('package.json')));
  return commandsIn(page).flatMap(({ block, words }) => {
    const wrong = [wrongScript(words, scripts), wrongParse3d(words, program)].filter((fault) => fault !== undefined);
    return wrong.map((fault) => `${block.page}:${block.line} ${words.join(' ')}: ${fault}`);
  });
}

function wrongScript([program, run, script]: readonly string[], scripts: Record<string, string>): string | undefined {
  if (program !== 'npm' || run !== 'run' || script === undefined) return undefined;
  return script in scripts ? undefined : `package.json has no script ${script}`;
}

function wrongParse3d(words: readonly string[], program: Command): string | undefined {
  const at = words.findIndex(
    (word, place) => /^(parse3d|cli\/bin\/parse3d\.js)$/.test(word) && isProgram(words, place),
  );
  if (at < 0) return undefined;
  let command = program;
  let mayName = true;
  for (let place = at + 1; place < words.length; place += 1) {
    const word = words[place] ?? '';
    if (word === '--' || /^\d?[<>]/.test(word)) continue;
    if (word.startsWith('--')) {
      const name = word.replace(/=.*$/, '');
      if (['--help', '--version', '--json'].includes(name)) continue;
      const option = command.options.find(({ long }) => long === name);
      if (option === undefined) return `${command.name()} has no option ${name}`;
      if (option.required && !word.includes('=')) place += 1;
      mayName = false;
      continue;
    }
    const named = mayName ? command.commands.find((sub) => sub.name() === word) : undefined;
    if (named !== undefined) command = named;
    else if (command.commands.length > 0 && mayName && /^[a-z-]+$/.test(word)) return `there is no command ${word}`;
    else mayName = false;
  }
  return undefined;
}

/** The word begins the command, or follows what starts it: `npx`, `npm run`, `node`, or variables that are set for it. */
const isProgram = (words: readonly string[], at: number): boolean =>
  at === 0 || /^(npx|run|node|[A-Z][A-Z0-9_]*=.*)$/.test(words[at - 1] ?? '');

const namesIn = (text: string): string[] => [...text.matchAll(/\bPARSE3D_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => name);

/** Variables that the services know, and those that only the command line or the tests read. */
function knownVariables(): Set<string> {
  const sources = ['cli/src', 'test/support', 'docs/.vitepress', 'bench'].flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('dist'))
      .map((name) => readFileSync(join(repository, folder, name), 'utf8')),
  );
  return new Set([
    ...Object.keys(apiEnvSchema.shape),
    ...Object.keys(workerEnvSchema.shape),
    'PARSE3D_COMMIT',
    ...sources.flatMap(namesIn),
  ]);
}

/** Settings that a page names and nothing reads. */
export function unknownVariables(page: string): string[] {
  const known = knownVariables();
  return [...new Set(namesIn(readPage(page)))].filter((name) => !known.has(name));
}

const IN_REPOSITORY =
  /^(bench|cli|deploy|docs|engine|examples|packs|scripts|services|shared|test|tools)\/[A-Za-z0-9_.@-]+(\/[A-Za-z0-9_.@-]+)*\/?$/;

/** Paths of the repository that a page names, in its commands or as `code`, and that are not there. */
export function missingPaths(page: string): string[] {
  const commands = commandsIn(page).map(({ words }) => words);
  // What a command makes need not be there before.
  const made = new Set(
    commands.flatMap((words) => [
      ...words.filter((_, at) => ['--out', '>'].includes(words[at - 1] ?? '')),
      ...(['cp', 'mv'].includes(words[0] ?? '') ? words.slice(-1) : []),
    ]),
  );
  const inline = [...readPage(page).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
  const named = [...commands.flat(), ...inline].filter((word) => IN_REPOSITORY.test(word) && !made.has(word));
  return [...new Set(named)].filter((path) => !existsSync(join(repository, path)));
}
