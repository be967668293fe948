import { Refusal, type RuleRecord } from '@parse3d/contract';
import type { ApiDeps } from '../deps.js';

/**
 * Objects that the rule took and that could make no job, the latest first. Lines that cannot be read, as of a later
 * version, are passed over: they must not keep the next refusal from being noted.
 */
export async function readRefusals(rule: RuleRecord, { redis, keys }: ApiDeps): Promise<Refusal[]> {
  const lines = await redis.lrange(keys.ruleRefusals(rule.id), 0, -1);
  return lines.flatMap((line) => {
    const refusal = Refusal.safeParse(parseJson(line));
    return refusal.success ? [refusal.data] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
