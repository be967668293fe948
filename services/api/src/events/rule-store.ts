import { blobKeys, RuleRecord } from '@parse3d/contract';
import type { Rights } from '@parse3d/platform/access';
import { Problem } from '@parse3d/contract/problems';
import { listAll, readListed, readRecord, writeJson, type BlobStore, type OnUnreadable } from '@parse3d/storage';

/** How long the rules that were read are taken for the rules there are, in ms: what others changed is seen later. */
const TRUST_MS = 1_000;

interface Kept {
  readonly etag: string;
  /** Absent for a record that cannot be read, as of a later version: the rule is off until the record changes. */
  readonly rule: RuleRecord | undefined;
}

/** Rules in object storage, kept in memory by their ETags, so that an event costs no reading of rules. */
export class RuleStore {
  readonly #store: BlobStore;
  readonly #onUnreadable: OnUnreadable;
  #kept = new Map<string, Kept>();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  /** Changes made by this process: what was read while one was made may lack it. */
  #changes = 0;

  /** @param onUnreadable called with records that cannot be read: these rules are off */
  constructor(store: BlobStore, onUnreadable: OnUnreadable) {
    this.#store = store;
    this.#onUnreadable = onUnreadable;
  }

  /** Every rule of every tenant, at most a second old. */
  async all(): Promise<RuleRecord[]> {
    while (performance.now() - this.#readAt > TRUST_MS) {
      this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return [...this.#kept.values()].flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  }

  /**
   * The rules that may act now, each with what it may read now: those that are on, and whose key stands.
   *
   * @throws Problem of the store, when it has not answered for half a minute
   */
  async active(rights: Rights): Promise<RuleRecord[]> {
    const active: RuleRecord[] = [];
    for (const rule of await this.all()) {
      const acting = rule.enabled ? await withRights(rule, rights) : undefined;
      if (acting !== undefined) active.push(acting);
    }
    return active;
  }

  /** A tenant's rules as they stand in storage, oldest first. */
  async list(tenant: string): Promise<RuleRecord[]> {
    const rules: RuleRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.tenantRulesPrefix(tenant))) {
      const rule = await this.#readable(key);
      if (rule !== undefined) rules.push(rule);
    }
    return rules.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  }

  /** @throws Problem `not-found`, also for another tenant's rule */
  async get(tenant: string, id: string): Promise<RuleRecord> {
    const rule = await this.#read(blobKeys.rule(tenant, id));
    if (rule === undefined) throw new Problem('not-found', `there is no rule ${id}`, { id });
    return rule;
  }

  async write(rule: RuleRecord): Promise<void> {
    await writeJson(this.#store, blobKeys.rule(rule.tenant, rule.id), rule);
    this.#changed();
  }

  /** What was noted for the rule, of which there may be a million objects, is removed later, by `collect/keeper.ts`. */
  async delete(tenant: string, id: string): Promise<void> {
    await writeJson(this.#store, blobKeys.ruleGone(tenant, id), {});
    await this.#store.delete(blobKeys.rule(tenant, id));
    this.#changed();
  }

  /** Removes what listings have dealt with under other forms of the rule than this one. */
  async forgetSeen({ id, since }: Pick<RuleRecord, 'id' | 'since'>): Promise<void> {
    const kept = blobKeys.ruleSeen(id, Date.parse(since));
    for await (const { key } of listAll(this.#store, blobKeys.ruleSeenPrefix(id))) {
      if (key !== kept) await this.#store.delete(key);
    }
  }

  #changed(): void {
    this.#changes++;
    this.#readAt = -Infinity;
  }

  async #refresh(): Promise<void> {
    const now = performance.now();
    const changes = this.#changes;
    const kept = new Map<string, Kept>();
    for await (const { key, etag } of listAll(this.#store, blobKeys.rulesPrefix)) {
      const known = this.#kept.get(key);
      if (known?.etag === etag) {
        kept.set(key, known);
        continue;
      }
      kept.set(key, { etag, rule: await this.#readable(key) });
    }
    this.#kept = kept;
    if (changes === this.#changes) this.#readAt = now;
  }

  /** One record that cannot be read must not switch the rules of all tenants off. */
  #readable(key: string): Promise<RuleRecord | undefined> {
    return readListed(this.#store, key, RuleRecord, this.#onUnreadable);
  }

  #read(key: string): Promise<RuleRecord | undefined> {
    return readRecord(this.#store, key, RuleRecord);
  }
}

/** The rule with what it may read now, or undefined when it may do nothing. */
export async function withRights(rule: RuleRecord, rights: Rights): Promise<RuleRecord | undefined> {
  const standing = await rights.of(rule);
  if (!standing.stands) return undefined;
  return standing.inputs === undefined ? rule : { ...rule, inputs: [...standing.inputs] };
}
