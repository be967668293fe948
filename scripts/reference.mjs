#!/usr/bin/env node
// Writes docs/reference/ and the types of the client from the code, or with --check says whether they are up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import prettier from 'prettier';
import { apiPages } from './reference/api.mjs';
import { cliPages } from './reference/cli.mjs';
import { clientTypes } from './reference/client.mjs';
import { configurationPages } from './reference/configuration.mjs';
import { metricsPages } from './reference/metrics.mjs';
import { packPages } from './reference/pack.mjs';
import { problemPages } from './reference/problems.mjs';

const repository = new URL('../', import.meta.url);
const check = process.argv.includes('--check');

const pages = {
  ...configurationPages(),
  ...problemPages(),
  ...apiPages(),
  ...(await cliPages()),
  ...packPages(),
  ...metricsPages(),
};
const files = {
  ...Object.fromEntries(
    Object.entries(pages).map(([name, text]) => [`docs/reference/${name}`, { text, parser: 'markdown' }]),
  ),
  'clients/typescript/src/generated/openapi.ts': { text: await clientTypes(), parser: 'typescript', singleQuote: true },
};

let stale = false;
for (const [name, { text, ...options }] of Object.entries(files)) {
  const file = new URL(name, repository);
  const wanted = await prettier.format(text, { printWidth: 120, ...options });
  if (check) {
    if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
      console.error(`${name} is not what the code says; run npm run reference`);
      stale = true;
    }
  } else {
    await mkdir(new URL('./', file), { recursive: true });
    await writeFile(file, wanted);
  }
}
process.exitCode = stale ? 1 : 0;
