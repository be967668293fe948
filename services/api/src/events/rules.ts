import type { ApiKeyRecord } from '@parse3d/platform/access';
import type { BatchRecord, ChangeRule, CreateRule, RuleRecord, RuleView } from '@parse3d/contract';
import { matchPrompts } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { checkPrefix } from '@parse3d/storage';
import { v7 as uuidByTime } from 'uuid';
import type { ApiDeps } from '../deps.js';
import { mayReadAll } from '../jobs/preflight.js';
import { choosePack } from '../jobs/submit.js';
import { watched } from './match.js';

/** Rules of one tenant: every event is held against all of them. */
const MAX_RULES = 200;

/**
 * Makes a rule that acts in the name of the key's tenant and reads what the key may read.
 *
 * @throws Problem `input-not-allowed`, `blob-key-invalid` for a prefix that no key begins with, what a job of this template would be refused for, `quota-exceeded`
 */
export async function createRule(body: CreateRule, caller: ApiKeyRecord, deps: ApiDeps): Promise<RuleRecord> {
  const now = new Date().toISOString();
  const rule: RuleRecord = {
    id: uuidByTime(),
    tenant: caller.tenant,
    inputs: caller.inputs,
    keyId: caller.id,
    ...body,
    createdAt: now,
    since: now,
  };
  checkRule(rule, deps);
  const count = (await deps.rules.list(caller.tenant)).length;
  if (count >= MAX_RULES) {
    throw new Problem('quota-exceeded', `tenant ${caller.tenant} has ${count} rules, ${MAX_RULES} are allowed`, {
      limit: MAX_RULES,
    });
  }
  await deps.rules.write(rule);
  return rule;
}

/** Changes a rule, which then acts with the rights of this key. What it newly matches and was there before is not new. */
export async function changeRule(
  rule: RuleRecord,
  body: ChangeRule,
  caller: ApiKeyRecord,
  deps: ApiDeps,
): Promise<RuleRecord> {
  const changed: RuleRecord = {
    ...rule,
    ...body,
    prefix: body.prefix ?? rule.prefix,
    job: body.job ?? rule.job,
    enabled: body.enabled ?? rule.enabled,
    inputs: caller.inputs,
    keyId: caller.id,
  };
  const matchesOthers = changed.prefix !== rule.prefix || changed.suffix !== rule.suffix;
  const isNew = matchesOthers || (changed.enabled && !rule.enabled);
  const next: RuleRecord = isNew ? { ...changed, since: new Date().toISOString() } : changed;
  checkRule(next, deps);
  await deps.rules.write(next);
  if (isNew) await deps.rules.forgetSeen(next);
  return next;
}

/** Says so when the rule does nothing for want of its key. */
export async function viewRule(rule: RuleRecord, { control }: ApiDeps): Promise<RuleView> {
  const { tenant: _tenant, inputs: _inputs, keyId: _keyId, ...view } = rule;
  const standing = await control.rights.of(rule);
  return { ...view, ...(standing.stands ? {} : { stopped: standing.why }) };
}

/**
 * The pack and the modality of the rule's jobs.
 *
 * @throws Problem `pack-unknown`, `modality-unsupported`, `prompt-unknown`
 */
export function chooseFor({ job }: RuleRecord, deps: ApiDeps): Pick<BatchRecord, 'pack' | 'modality'> {
  const pack = deps.packs.get(job.pack ?? deps.config.PARSE3D_DEFAULT_PACK);
  matchPrompts(pack, job.prompts);
  return choosePack(job, pack);
}

function checkRule(rule: RuleRecord, deps: ApiDeps): void {
  const { primary } = deps.stores;
  const folder = watched(rule);
  if (!mayReadAll(rule, folder, primary)) {
    throw new Problem('input-not-allowed', `this API key may not read everything that begins with ${folder}`, {
      uri: folder,
    });
  }
  chooseFor(rule, deps);
  // Asked for its complaints about scheme and bucket.
  deps.stores.open(`${rule.bucket}object`);
  checkPrefix(rule.prefix);
}
