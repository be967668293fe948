import { MultiBar, type SingleBar } from 'cli-progress';
import type { Output } from './output.js';

/** One line of work in the terminal. */
export interface ProgressLine {
  /** @param share of the work done, 0 to 1 */
  update(share: number, text: string): void;
  /** The last word; the line stays as it is. */
  end(text: string): void;
}

export interface ProgressBoard {
  line(name: string): ProgressLine;
  close(): void;
}

/** Plain lines tell of a new stage, and of every tenth of the way, but no more often than this. */
const PLAIN_STEP = 0.1;
const PLAIN_EVERY_MS = 1_000;

/** Bars on a terminal, plain lines otherwise, nothing with `--json`; always on stderr. */
export function progressBoard(output: Output): ProgressBoard {
  if (output.json) return { line: () => ({ update: () => undefined, end: () => undefined }), close: () => undefined };
  return process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' ? barBoard(output) : plainBoard(output);
}

function barBoard(output: Output): ProgressBoard {
  const { cyan, bold } = output.noteColours;
  const bars = new MultiBar({
    stream: process.stderr,
    format: `${bold('{name}')} ${cyan('{bar}')} {percentage} %  {text}`,
    barsize: 28,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: false,
    linewrap: false,
    emptyOnZero: true,
    autopadding: true,
  });
  return {
    line: (name) => {
      const bar: SingleBar = bars.create(1000, 0, { name, text: '' });
      let last = 0;
      return {
        update: (share, text) => {
          last = share;
          bar.update(Math.round(share * 1000), { text });
        },
        end: (text) => {
          bar.update(Math.round(last * 1000), { text });
          bar.stop();
        },
      };
    },
    close: () => bars.stop(),
  };
}

function plainBoard(output: Output): ProgressBoard {
  // Of all lines together: ten uploads at a time are not to be ten lines a second.
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    line: (name) => {
      let told = -1;
      let toldStage = '';
      return {
        update: (share, text) => {
          // `infer 86 of 101, 3.0 s left`: the rest counts slices.
          const stage = text.split(/[ ,]/)[0] ?? '';
          const step = Math.floor(share / PLAIN_STEP);
          const now = performance.now();
          if ((step <= told && stage === toldStage) || now - toldAt < PLAIN_EVERY_MS) return;
          toldAt = now;
          told = Math.max(step, told);
          toldStage = stage;
          output.note(`${name}: ${Math.floor(share * 100)} % ${text}`);
        },
        end: (text) => output.note(`${name}: ${text}`),
      };
    },
    close: () => undefined,
  };
}
