import { createReadStream } from 'node:fs';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { readLines, type TextLine } from '@parse3d/contract/text';

/**
 * The lines of a text file that somebody wrote by hand or with any tool: UTF-8, or UTF-16 with its byte order mark, with
 * any line ends. `-` is standard input.
 * @param what is in it, for the refusal
 * @throws Problem `not-found` when it cannot be read, `request-invalid` with the line for what is not text
 */
export async function readTextFile(file: string, what: string): Promise<TextLine[]> {
  try {
    return await readLines(file === '-' ? process.stdin : createReadStream(file), { name: file });
  } catch (error) {
    if (isProblem(error)) throw error;
    throw new Problem('not-found', `${what} in ${file} cannot be read: ${String(error)}`, { file });
  }
}
