import { isProblem } from '@parse3d/contract/problems';
import { UsageError } from '../errors/kinds.js';
import { readTextFile } from '../local/text-file.js';

/** Labels that are measured as one, under a name. */
export interface LabelGroup {
  readonly name: string;
  readonly labels: readonly number[];
}

/**
 * What to measure: `1,2=hippocampus`, several separated by `;`, or a file with one such line each. A line without a name
 * is named after its numbers; a label may belong to several; empty lines and those that begin with # say nothing.
 * @throws UsageError
 */
export async function readLabelGroups(given: string): Promise<LabelGroup[]> {
  const inline = /^\s*\d+\s*(,|=|;|$)/.test(given);
  const lines = inline ? given.split(';') : (await readLines(given)).map((line) => line.replace(/^\s*#.*$/, ''));
  const groups = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (groups.length === 0) throw new UsageError(`--labels: ${given} names no labels`);
  const found = groups.map(parseGroup);
  if (new Set(found.map(({ name }) => name)).size !== found.length)
    throw new UsageError('--labels: a name comes twice');
  return found;
}

function parseGroup(line: string): LabelGroup {
  const [numbers = '', ...rest] = line.split('=');
  const labels = numbers.split(',').map((number) => number.trim());
  if (!labels.every((label) => /^[1-9]\d{0,8}$/.test(label))) {
    throw new UsageError(`--labels: expected a line such as "1,2=hippocampus", got ${JSON.stringify(line)}`);
  }
  return { name: rest.join('=').trim() || labels.join('+'), labels: labels.map(Number) };
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readTextFile(path, 'the labels')).map(({ text }) => text);
  } catch (error) {
    if (isProblem(error, 'request-invalid')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--labels: expected labels such as "1,2=hippocampus", or a file of them: ${reason}`);
  }
}
