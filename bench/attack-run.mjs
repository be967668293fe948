// Sends the worst requests that clients have found so far, until the time is over: `node bench/attack-run.mjs OPTIONS`,
// where OPTIONS is JSON with url, key, folder, deadlineMs and sockets. Prints how often each was answered with what.
import { connect } from 'node:net';

const { url, key, folder, attackMs, sockets } = JSON.parse(process.argv[2] ?? '{}');
const until = performance.now() + attackMs;
const { hostname, port } = new URL(url);
/** Requests of one kind that are under way at a time. */
const AT_ONCE = 2;

const json = { 'Content-Type': 'application/json' };
const mine = { ...json, Authorization: `Bearer ${key}` };
const post = (path, body, headers = mine) => fetch(`${url}${path}`, { method: 'POST', headers, body });
const unknown = Array.from({ length: 256 }, (_, n) => `${n} `.padEnd(512, 'hippocampis lefft '));
const prompts = JSON.stringify({ input: { uri: `${folder}a.nii` }, prompts: unknown, pack: 'ct-tissue' });
const globs = JSON.stringify({
  source: { kind: 'prefix', uri: folder, pattern: `${'*?'.repeat(9)}*b` },
  prompts: ['bone'],
  dryRun: true,
});
const nested = '['.repeat(5e5) + ']'.repeat(5e5);
const text = `{"input":{"uri":"${'x'.repeat(1e6)}"}}`;

const attacks = {
  'ten stars': () => post('/v1/batches', globs),
  '256 unknown prompts': () => post('/v1/jobs', prompts),
  '1 MB of JSON without a key': () => post('/v1/jobs', text, json),
  '1 MB of nested arrays without a key': () => post('/v1/jobs', nested, json),
  'a large folder': () => fetch(`${url}/v1/volumes?under=${encodeURIComponent(folder)}`, { headers: mine }),
};

const counts = {};
const count = (name, what) => {
  counts[name] ??= {};
  counts[name][what] = (counts[name][what] ?? 0) + 1;
};

async function repeat(name, send) {
  while (performance.now() < until) {
    try {
      const answer = await send();
      await answer.arrayBuffer();
      count(name, answer.status);
    } catch (error) {
      count(name, error.cause?.code ?? error.name);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Keeps one socket open with a body that comes byte by byte, and opens another when it is closed. */
function trickle() {
  if (performance.now() > until) return;
  const socket = connect(Number(port), hostname);
  const timer = setInterval(() => socket.write('x'), 2_000);
  socket.on('connect', () => {
    count('slow bodies', 'opened');
    socket.write(
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{',
    );
  });
  socket.on('data', () => undefined);
  socket.on('error', (error) => count('slow bodies', error.code));
  socket.on('close', () => {
    clearInterval(timer);
    setTimeout(trickle, 250);
  });
}

for (let n = 0; n < sockets; n++) trickle();
await Promise.all(
  Object.entries(attacks).flatMap(([name, send]) => Array.from({ length: AT_ONCE }, () => repeat(name, send))),
);
process.stdout.write(`${JSON.stringify(counts)}\n`);
process.exit(0);
