const MADE = 'This page is made from the code by `npm run reference`.';

/** A page with its title, what stands under it, and where it comes from. */
export const page = (title, ...parts) => `${[`# ${title}`, MADE, ...parts].filter(Boolean).join('\n\n')}\n`;

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');

export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

export const code = (text) => `\`${text}\``;

/** Text of the code as text of a page: what looks like a tag is none. What stands in backticks stays as it is. */
export const prose = (text) =>
  String(text)
    .split(/(`[^`]*`)/)
    .map((part) =>
      part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '{&#8203;{').replaceAll('*', '\\*'),
    )
    .join('');
