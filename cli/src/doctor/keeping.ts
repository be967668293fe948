import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { surveyStorage, type Survey } from '@parse3d/control';
import { storageLimitsFromEnv } from '@parse3d/platform/config';
import { isProblem } from '@parse3d/contract/problems';
import { openStores } from '@parse3d/storage';
import { formatBytes, formatCount, formatSeconds } from '../terminal/format.js';
import { ok, skip, warn, type Check } from './check.js';
import type { Target } from './target.js';

const PART = 'keeping';
/** A very large store is not walked to its end for a look. Unit: ms. */
const LONGEST_MS = 60_000;

/** What is stored, and what the service would remove of it at its next walk. Removes nothing. */
export async function checkKeeping({ storage, config }: Target): Promise<Check[]> {
  if (storage.kind === 'file' && !existsSync(join(storage.root, storage.bucket))) return [];
  const stores = openStores(storage);
  const signal = AbortSignal.timeout(LONGEST_MS);
  try {
    return report(await surveyStorage(stores.primary, storageLimitsFromEnv(config), signal));
  } catch (error) {
    if (signal.aborted) return [skip(PART, `what is stored takes longer to count than ${formatSeconds(60)}`)];
    // What is wrong with the storage itself is said under its own name.
    if (isProblem(error)) return [];
    throw error;
  } finally {
    await stores.close();
  }
}

function report({ stored, unused, due, more, unreadable }: Survey): Check[] {
  const sums = [...stored.values()].map(({ uploads, results }) => uploads + results);
  const checks = [ok(PART, `${formatBytes(total(sums))} of ${formatCount(stored.size)} tenants are stored`)];
  const atLeast = more ? 'at least ' : '';
  const bytes = (found: readonly { readonly bytes: number }[]): string =>
    formatBytes(total(found.map((one) => one.bytes)));
  checks.push(
    ok(
      PART,
      `would remove ${atLeast}${formatCount(unused.length)} uploads that nothing names (${bytes(unused)}), and ` +
        `${atLeast}${formatCount(due.length)} jobs and batches at the end of their retention (${bytes(due)})`,
    ),
  );
  if (unreadable.length > 0) {
    checks.push(
      warn(
        PART,
        `${formatCount(unreadable.length)} records cannot be read, such as ${unreadable[0] ?? ''}: no upload is removed`,
        'mend or remove these records; a newer version may have written them',
      ),
    );
  }
  return checks;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
