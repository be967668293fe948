import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What a page or a style sheet loads by itself. Links that a reader follows do not count. */
const loads = [
  /<(?:script|img|iframe|source|video|audio)\b[^>]*\ssrc="((?:https?:)?\/\/[^"]+)"/g,
  /<link\b[^>]*\shref="((?:https?:)?\/\/[^"]+)"/g,
  /url\(\s*["']?((?:https?:)?\/\/[^"')]+)/g,
  /@import\s+["']((?:https?:)?\/\/[^"']+)/g,
];

/** Stops the build when the site would load anything from another host. */
export async function refuseOtherHosts(folder) {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = [];
  for (const file of files.filter(({ name }) => /\.(html|css)$/.test(name))) {
    const path = join(file.parentPath, file.name);
    const text = await readFile(path, 'utf8');
    for (const pattern of loads) {
      for (const [, address] of text.matchAll(pattern)) found.push(`${relative(folder, path)}: ${address}`);
    }
  }
  if (found.length > 0) throw new Error(`the site would load from other hosts:\n${found.join('\n')}`);
}
