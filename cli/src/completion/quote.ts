/** A text as one word of a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Patterns of one arm of a `case`. */
export const patterns = (texts: readonly string[]): string => texts.map(quote).join(' | ');
