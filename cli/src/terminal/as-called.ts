/** The words that may follow `parse3d`; the program's tests compare them with its commands. */
export const COMMAND_WORDS = [
  'batch',
  'cancel',
  'completion',
  'demo',
  'doctor',
  'eval',
  'job',
  'key',
  'pack',
  'results',
  'retry',
  'segment',
  'status',
  'submit',
  'tenant',
  'up',
  'usage',
  'volume',
  'watch',
] as const;

/** A command in a text: not a folder of that name, not a sentence about the program, not said with `npx` already. */
const COMMAND = new RegExp(`(?<!npx |[\\w/.-])parse3d (?=--[a-z]|(?:${COMMAND_WORDS.join('|')})\\b)`, 'g');

/** True where `npx` or `npm exec` started this process: the program need not be on the path then. */
export const calledByNpx = (env: NodeJS.ProcessEnv = process.env): boolean => env['npm_command'] === 'exec';

/** The text with its commands as they work here: `npx parse3d up` where this program was called so. */
export const asCalled = (text: string, env?: NodeJS.ProcessEnv): string =>
  calledByNpx(env) ? text.replace(COMMAND, 'npx parse3d ') : text;
