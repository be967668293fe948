import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@parse3d/testing';

export type ShellName = 'bash' | 'zsh';

/** Ctrl-U, and Ctrl-X Ctrl-P. */
const CLEAR_LINE = '\u0015';
const TELL = '\u0018\u0010';

const starts: Record<ShellName, string> = {
  bash: 'bash --noprofile --norc -i',
  zsh: 'zsh -f -i',
};

/** Each writes the line as it stands to a file when Ctrl-X Ctrl-P is pressed. */
const setups: Record<ShellName, (script: string, file: string) => string> = {
  bash: (script, file) =>
    `source ${script}\nbind -x '"\\C-x\\C-p": printf "%s" "$READLINE_LINE" > ${file}.new; mv ${file}.new ${file}'\n`,
  zsh: (script, file) =>
    `autoload -Uz compinit; compinit -u -D\nsource ${script}\n` +
    `tell() { print -rn -- "$BUFFER" > ${file}.new; mv ${file}.new ${file} }\nzle -N tell\nbindkey '^X^P' tell\n`,
};

/**
 * What each line becomes when Tab is pressed at its end, in a real interactive shell on a terminal of its own.
 * @param folder its working directory, the caller's to remove
 */
export async function pressTab(
  shell: ShellName,
  script: string,
  folder: string,
  lines: readonly string[],
): Promise<string[]> {
  const file = join(folder, `line-${shell}`);
  const setup = join(folder, `setup-${shell}`);
  await writeFile(setup, setups[shell](script, file));
  const child = spawn('script', ['-qfec', starts[shell], '/dev/null'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm', PS1: '> ' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    // What is typed before the line editor is up would be lost to it.
    child.stdin.write(`source ${setup}; echo re"ady"\n`);
    await eventually(() => screen.includes('ready'), { what: `${shell} to be ready`, timeoutMs: 30_000 });
    const completed: string[] = [];
    for (const line of lines) {
      child.stdin.write(`${CLEAR_LINE}${line}\t${TELL}`);
      await eventually(() => existsSync(file), { what: `"${line}" to be completed by ${shell}` });
      completed.push(await readFile(file, 'utf8'));
      await rm(file);
    }
    return completed;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
