/**
 * Splits a text that names several targets, joined by `[SEP]` (as the published code writes it) or by `&` (as the hosted
 * endpoint does), in their order. Empty parts are left out.
 */
export function splitJoinedPrompts(text: string): string[] {
  return text
    .split(/\[SEP\]|&/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
