import type { Colours } from './output.js';

export interface Column {
  readonly title: string;
  /** @default left */
  readonly align?: 'left' | 'right';
}

// The codes that picocolors writes; they take no room on the screen.

const CODES = /\u001b\[[0-9;]*m/g;

const widthOf = (text: string): number => [...text.replace(CODES, '')].length;

/** Rows as aligned columns, with a line of titles on top. Cells may be coloured. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], colours: Colours): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const fill = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell)));
        return align === 'right' ? fill + cell : cell + fill;
      })
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => colours.dim(title.toUpperCase()));
  return [line(titles), ...rows.map(line)].join('\n');
}
