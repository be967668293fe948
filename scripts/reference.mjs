#!/usr/bin/env node
// Writes docs/reference/ and the types of the client from the code, or with --check says whether they are up to date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { problemKinds } from '@parse3d/shared/problems';
import { apiEnvSchema, openApiDocument } from '@parse3d/api';
import { workerEnvSchema } from '@parse3d/worker';
import openapiTypes, { astToString } from 'openapi-typescript';
import prettier from 'prettier';
import { z } from 'zod';

const check = process.argv.includes('--check');

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

function variables(schema, names) {
  const { properties } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return table(
    ['variable', 'default', 'meaning'],
    names.map((name) => {
      const { default: value, description = '', enum: choices } = properties[name];
      const shown = machineDependent[name] ?? (value === undefined ? '' : `\`${value}\``);
      return [
        `\`${name}\``,
        shown,
        choices ? `${description} One of ${choices.map((c) => `\`${c}\``).join(', ')}.` : description,
      ];
    }),
  );
}
const machineDependent = {
  PARSE3D_THREADS: 'the number of cores',
  PARSE3D_SCRATCH: '`parse3d-scratch` in the temporary folder',
};

const api = Object.keys(apiEnvSchema.shape);
const worker = Object.keys(workerEnvSchema.shape);
const both = api.filter((name) => worker.includes(name));

const pages = {
  'configuration.md': `# Configuration

Everything is set by environment variables; an empty one counts as unset. Durations are written \`250ms\`, \`30s\`, \`5m\`
or \`2h\`, sizes \`512MiB\` or \`4GiB\`. A wrong value stops the process with a message that names the variable.

This page is made from the code by \`npm run reference\`.

## Api and worker

${variables(apiEnvSchema, both)}

## Api

${variables(
  apiEnvSchema,
  api.filter((name) => !both.includes(name)),
)}

## Worker

${variables(
  workerEnvSchema,
  worker.filter((name) => !both.includes(name)),
)}
`,
  'problems.md': `# Problems

Every error has a code. The api answers it as RFC 9457 \`application/problem+json\` with the type \`/problems/<code>\`,
workers write it into manifests, and the command line turns it into an exit code. \`retry: later\` means that trying
again can help, and that a job is tried three times before it fails; anything else costs one attempt.

This page is made from the code by \`npm run reference\`.

${table(
  ['code', 'HTTP', 'retry', 'meaning'],
  Object.entries(problemKinds).map(([code, { status, retry, title }]) => [`\`${code}\``, status, retry, title]),
)}
`,
};

/** Types of every path, from the document that the api serves. */
const clientTypes = async () =>
  `/** Made by \`npm run reference\` from the OpenAPI document; not to be edited. */\n\n${astToString(
    // What has a default may be left out of a request.
    await openapiTypes(openApiDocument('0.0.0', undefined), { defaultNonNullable: false }),
  )}`;

const repository = new URL('../', import.meta.url);
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
