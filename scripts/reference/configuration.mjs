import { apiEnvSchema } from '@parse3d/api';
import { workerEnvSchema } from '@parse3d/worker';
import { z } from 'zod';
import { table } from './markdown.mjs';

const machineDependent = {
  PARSE3D_THREADS: 'the number of cores',
  PARSE3D_SCRATCH: '`parse3d-scratch` in the temporary folder',
};

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

const api = Object.keys(apiEnvSchema.shape);
const worker = Object.keys(workerEnvSchema.shape);
const both = api.filter((name) => worker.includes(name));

export const configurationPages = () => ({
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
});
