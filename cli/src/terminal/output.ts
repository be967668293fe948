import pc from 'picocolors';
import { asCalled } from './as-called.js';

export type Colours = ReturnType<typeof pc.createColors>;

/**
 * What a command says. Results go to stdout: text for people, or JSON and nothing else with `--json`. Everything about
 * how it goes (notes, progress, errors) goes to stderr.
 */
export class Output {
  readonly json: boolean;
  /** The command as typed, without options: `parse3d pack list`. */
  readonly commandLine: string;
  readonly colours: Colours;
  readonly noteColours: Colours;

  constructor(options: { json: boolean; commandLine: string }) {
    this.json = options.json;
    this.commandLine = options.commandLine;
    this.colours = pc.createColors(wantsColour(process.stdout));
    this.noteColours = pc.createColors(wantsColour(process.stderr));
  }

  /** A line for people, on stdout. */
  say(text = ''): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** The one JSON document that a command answers with; silent without `--json`. */
  document(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One JSON object of a stream, on a line of its own; silent without `--json`. */
  event(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A remark on stderr; commands in it are said as this program was called. */
  note(text: string): void {
    process.stderr.write(`${asCalled(text)}\n`);
  }

  /** A remark that only people need. */
  hint(text: string): void {
    if (!this.json) this.note(this.noteColours.dim(text));
  }

  jsonError(value: unknown): void {
    process.stderr.write(`${JSON.stringify(value)}\n`);
  }
}

/** Colours on a terminal, unless NO_COLOR says no (https://no-color.org) or FORCE_COLOR says always. */
function wantsColour(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && TERM !== 'dumb';
}
