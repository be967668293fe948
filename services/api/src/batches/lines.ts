import { Problem } from '@parse3d/contract/problems';

/**
 * The lines of a text in UTF-8 as it arrives, numbered from 1, without their ends (`\n` or `\r\n`). No more than one
 * line is held.
 *
 * @param maxCharacters of one line
 * @throws Problem `request-invalid` at a longer line
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxCharacters: number,
): AsyncGenerator<{ number: number; text: string }> {
  const decoder = new TextDecoder();
  let number = 1;
  let rest = '';
  const checked = (text: string): { number: number; text: string } => {
    if (text.length <= maxCharacters) return { number: number++, text: text.replace(/\r$/, '') };
    throw new Problem('request-invalid', `line ${number} is longer than ${maxCharacters} characters`, {
      line: number,
      maxCharacters,
    });
  };
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield checked(line);
    if (rest.length > maxCharacters) checked(rest);
  }
  rest += decoder.decode();
  if (rest !== '') yield checked(rest);
}
