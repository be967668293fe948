import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { assertNothingLeaks } from '@parse3d/testing';
import { startStack } from '../test/support/stack.js';
import { phantomCtFile } from '../test/support/volumes.js';
import { heading, row } from './support.js';

const seconds = Number(process.env['PARSE3D_BENCH_SECONDS'] ?? 60);
const sockets = Number(process.env['PARSE3D_BENCH_SOCKETS'] ?? 1_500);
const OBJECTS = 5_000;
/** Longest wait for an answer, which is then taken for that long. Unit: ms. */
const PATIENCE_MS = 30_000;

afterAll(assertNothingLeaks);

test('a job of one tenant is asked for while another tenant and strangers send the worst that they can', async () => {
  process.stdout.write(`\n${heading('attack')}\n`);
  const stack = await startStack({ env: { PARSE3D_LOG_LEVEL: 'fatal' } });
  try {
    const victim = await stack.client({ tenant: 'victim' });
    const { id } = await victim.submit({
      input: { uri: await victim.upload(await phantomCtFile([8, 8, 8])) },
      prompts: ['bone'],
    });
    await victim.ended(id);
    const attacker = await stack.client({ tenant: 'attacker' });
    const folder = await fillFolder(stack.stores.primary);

    const ask = async (): Promise<number> => {
      const startedAt = performance.now();
      const answer = await victim
        .fetch(`/v1/jobs/${id}`, { signal: AbortSignal.timeout(PATIENCE_MS) })
        .then(async (response) => (await response.json(), response.status))
        .catch((error: unknown) => String(error));
      if (answer !== 200) failures.set(answer, (failures.get(answer) ?? 0) + 1);
      return performance.now() - startedAt;
    };
    const failures = new Map<number | string, number>();
    const times = async (until: () => boolean): Promise<number[]> => {
      const found: number[] = [];
      while (!until()) {
        found.push(await ask());
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return found;
    };
    const calm = performance.now() + 5_000;
    say('in peace', await times(() => performance.now() > calm));

    const options = { url: attacker.url, key: attacker.key, folder, attackMs: seconds * 1_000, sockets };
    let over = false;
    const attack = promisify(execFile)('node', [join(import.meta.dirname, 'attack-run.mjs'), JSON.stringify(options)]);
    void attack.finally(() => (over = true));
    const found = await times(() => over);
    say('under attack', found);
    row('  not answered with 200', JSON.stringify([...failures]));
    row('  the attack was answered with', (await attack).stdout.trim());
    expect(found.length).toBeGreaterThan(0);
  } finally {
    await stack.stop();
  }
});

/** Returns the URI of a folder of the attacker's with many objects. */
async function fillFolder(store: {
  readonly scheme: string;
  readonly bucket: string;
  write: (key: string, bytes: Buffer) => Promise<unknown>;
}): Promise<string> {
  const folder = 'uploads/attacker/many/';
  for (let n = 0; n < OBJECTS; n++) await store.write(`${folder}${'a'.repeat(60)}${n}.nii`, Buffer.alloc(0));
  return `${store.scheme}://${store.bucket}/${folder}`;
}

function say(name: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
  row(
    `GET /v1/jobs/{id} ${name}: requests; median, p99, slowest, ms`,
    `${times.length}; ${at(0.5)}, ${at(0.99)}, ${at(1)}`,
  );
}
