#!/usr/bin/env node
// Prints a trace from a PARSE3D_TRACE_FILE as a tree: node scripts/trace-tree.mjs <file> [job id or trace id]
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

const { positionals } = parseArgs({ allowPositionals: true });
const [file, wanted] = positionals;
if (file === undefined) {
  console.error('usage: node scripts/trace-tree.mjs <file> [job id or trace id]; without one, the last job');
  process.exit(2);
}

const spans = (await readFile(file, 'utf8'))
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const isJob = (span) => span.attributes['parse3d.jobId'] !== undefined;
const chosen =
  wanted === undefined
    ? spans.findLast(isJob)
    : spans.findLast((span) => span.traceId === wanted || span.attributes['parse3d.jobId'] === wanted);
if (chosen === undefined) {
  console.error(wanted === undefined ? `${file} has no span of a job` : `${file} has no trace or job ${wanted}`);
  process.exit(1);
}

const trace = spans.filter(({ traceId }) => traceId === chosen.traceId).sort((a, b) => a.startMs - b.startMs);
const known = new Set(trace.map(({ spanId }) => spanId));
// The span above may belong to a client, or to a process that was killed before it could write it.
const roots = trace.filter(({ parentSpanId }) => !known.has(parentSpanId));
const begin = Math.min(...trace.map(({ startMs }) => startMs));
const end = Math.max(...trace.map(({ startMs, durationMs }) => startMs + durationMs));

const rows = [];
function walk(span, lead, branch, below) {
  rows.push({ tree: `${lead}${branch}${span.name}`, span });
  const children = trace.filter(({ parentSpanId }) => parentSpanId === span.spanId);
  for (const [index, child] of children.entries()) {
    const isLast = index === children.length - 1;
    walk(child, lead + below, isLast ? '└─ ' : '├─ ', isLast ? '   ' : '│  ');
  }
}
for (const root of roots) walk(root, '', '', '');

const time = (ms) => (ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`);
const width = Math.max(...rows.map(({ tree }) => tree.length));
const job = trace.find(isJob)?.attributes['parse3d.jobId'];
console.log(`trace ${chosen.traceId}, ${trace.length} spans, ${time(end - begin)}${job ? `, job ${job}` : ''}\n`);
for (const { tree, span } of rows) {
  const start = `+${time(span.startMs - begin)}`;
  console.log(`${tree.padEnd(width)}  ${start.padStart(11)}  ${time(span.durationMs).padStart(10)}  ${notes(span)}`);
}

function notes({ service, attributes, failed, links }) {
  const shown = [service];
  const attempt = attributes['parse3d.attempt'];
  if (attempt !== undefined) shown.push(`attempt ${attempt}`);
  shown.push(attributes['http.response.status_code']);
  if (attributes['parse3d.process'] === 'child') shown.push('computing process');
  const problem = attributes['error.type'];
  if (failed) shown.push(`failed: ${problem}`);
  else shown.push(problem, attributes['parse3d.outcome']);
  for (const link of links) shown.push(`from trace ${link.traceId}`);
  return shown.filter((note) => note !== undefined).join(', ');
}
