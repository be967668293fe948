const WIDTH = 120;

/**
 * JSON for people: two spaces, objects over several lines, lists of plain values on one line where they fit. It is how
 * prettier writes JSON, so a committed pack.json stays as the builder wrote it.
 */
export function formatJson(value: unknown): string {
  return `${format(value, '', 0)}\n`;
}

/** @param taken columns of the line that are used before the value begins */
function format(value: unknown, indent: string, taken: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const flat = `[${value.map((item) => format(item, inner, 0)).join(', ')}]`;
    // One column more for the comma that may follow.
    if (!flat.includes('\n') && taken + flat.length + 1 <= WIDTH) return flat;
    return `[\n${value.map((item) => inner + format(item, inner, inner.length)).join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => {
      const start = `${inner}${JSON.stringify(key)}: `;
      return start + format(item, inner, start.length);
    });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}
