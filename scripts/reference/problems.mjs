import { problemKinds } from '@parse3d/contract/problems';
import { table } from './markdown.mjs';

export const problemPages = () => ({
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
});
