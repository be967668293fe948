import { problemKinds } from '@parse3d/contract/problems';
import { table } from './markdown.mjs';

export const problemPages = () => ({
  'problems.md': `# Problems

Every error has a code. The api answers it as RFC 9457 \`application/problem+json\` with the type \`/problems/<code>\`,
workers write it into manifests, and the command line turns it into an exit code. \`retry: later\` means that trying
again can help.

The column *fault* says whose problem it is, and what it costs a job: one of the **request** ends it after one attempt; one
of the **run** costs an attempt, of which a job has three; one of the **place** (a machine, its packs, the stores around
it) costs none when trying again can help: the job waits for a place that is well, at most \`PARSE3D_PLACE_WAIT\`.

This page is made from the code by \`npm run reference\`.

${table(
  ['code', 'HTTP', 'fault', 'retry', 'meaning'],
  Object.entries(problemKinds).map(([code, { status, retry, fault, title }]) => [
    `\`${code}\``,
    status,
    fault,
    retry,
    title,
  ]),
)}
`,
});
