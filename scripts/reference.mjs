#!/usr/bin/env node
// Writes docs/reference/ from the code, or with --check says whether it is up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import prettier from 'prettier';
import { apiPages } from './reference/api.mjs';
import { cliPages } from './reference/cli.mjs';
import { configurationPages } from './reference/configuration.mjs';
import { metricsPages } from './reference/metrics.mjs';
import { packPages } from './reference/pack.mjs';
import { problemPages } from './reference/problems.mjs';

const folder = new URL('../docs/reference/', import.meta.url);
const check = process.argv.includes('--check');

const pages = {
  ...configurationPages(),
  ...problemPages(),
  ...apiPages(),
  ...(await cliPages()),
  ...packPages(),
  ...metricsPages(),
};

let stale = false;
for (const [name, text] of Object.entries(pages)) {
  const page = new URL(name, folder);
  const wanted = await prettier.format(text, { parser: 'markdown', printWidth: 120 });
  if (check) {
    if ((await readFile(page, 'utf8').catch(() => '')) !== wanted) {
      console.error(`docs/reference/${name} is not what the code says; run npm run reference`);
      stale = true;
    }
  } else {
    await mkdir(new URL('./', page), { recursive: true });
    await writeFile(page, wanted);
  }
}
process.exitCode = stale ? 1 : 0;
