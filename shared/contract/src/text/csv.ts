/**
 * One row of a table as RFC 4180 has it, with its line end. A text that begins with =, +, -, @, a tab or a line end gets
 * an apostrophe in front, since spreadsheets would run it; numbers are left as they are.
 * @param cells null is an empty cell
 */
export function csvRow(cells: readonly (string | number | boolean | null)[]): string {
  const written = cells.map((cell) => {
    if (cell === null) return '';
    if (typeof cell !== 'string') return String(cell);
    const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${written.join(',')}\n`;
}
