import { createHash } from 'node:crypto';
import { BatchItem, blobKeys, type RuleRecord } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { readListed, writeJson } from '@parse3d/storage';
import type { ApiDeps } from '../../deps.js';
import { preflight } from '../../jobs/preflight.js';
import { chooseFor } from '../rules.js';

// An object waits as a file in storage until it is in a batch, and is marked as taken before that file goes. So whoever
// finds neither is the first, whatever was restarted in between.

/** The name of one version of an object among those of a rule. */
export function markOf({ uri, etag }: Pick<BatchItem, 'uri' | 'etag'>): string {
  return createHash('sha256').update(`${uri}\0${etag}`).digest('hex');
}

/** True when a batch of the rule has this version. */
export async function isTaken(
  rule: RuleRecord,
  item: Pick<BatchItem, 'uri' | 'etag'>,
  deps: ApiDeps,
): Promise<boolean> {
  try {
    await deps.stores.primary.head(blobKeys.ruleTaken(rule.id, markOf(item)));
    return true;
  } catch (error) {
    if (isProblem(error, 'blob-missing')) return false;
    throw error;
  }
}

/**
 * Puts one version of an object aside for the rule's next batch; durable when this resolves.
 *
 * @throws Problem what a job of the rule would be refused for; `volume-changed` when the object is another by now
 */
export async function setAside(
  rule: RuleRecord,
  uri: string,
  etag: string,
  deps: ApiDeps,
): Promise<'waiting' | 'repeated'> {
  const { primary } = deps.stores;
  if (await isTaken(rule, { uri, etag }, deps)) return 'repeated';
  chooseFor(rule, deps);
  const { info } = await preflight(uri, rule, deps.stores, deps.config);
  if (info.etag !== etag) {
    throw new Problem('volume-changed', `${uri} was replaced while it was being looked at`, {
      expected: etag,
      actual: info.etag,
    });
  }
  const item: BatchItem = { uri, etag, bytes: info.bytes };
  const key = blobKeys.ruleWaiting(rule.tenant, rule.id, markOf(item));
  try {
    await writeJson(primary, key, item, { ifAbsent: true });
  } catch (error) {
    if (!isProblem(error, 'blob-exists')) throw error;
    return 'repeated';
  }
  // The window may have closed meanwhile and already taken this version (the same event, delivered twice).
  if (!(await isTaken(rule, item, deps))) return 'waiting';
  await primary.delete(key);
  return 'repeated';
}

/** The object behind a waiting file, or undefined when the file is gone. */
export function readWaiting(key: string, deps: ApiDeps): Promise<BatchItem | undefined> {
  return readListed(deps.stores.primary, key, BatchItem, deps.control.unreadable.note);
}
