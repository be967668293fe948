/**
 * The targets of a text that names several, joined by `[SEP]` as the published code writes them or by `&` as the hosted
 * endpoint does. Empty parts are left out.
 */
export function splitJoinedPrompts(text: string): string[] {
  return text
    .split(/\[SEP\]|&/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
