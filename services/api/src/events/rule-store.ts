import { blobKeys, RuleRecord } from '@parse3d/contract';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { listAll, readRecord, writeJson, type BlobStore } from '@parse3d/storage';

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
  readonly #onFault: (key: string, error: unknown) => void;
  #kept = new Map<string, Kept>();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  /** Changes made by this process: what was read while one was made may lack it. */
  #changes = 0;

  /** @param onFault called once for every record that cannot be read */
  constructor(store: BlobStore, onFault: (key: string, error: unknown) => void) {
    this.#store = store;
    this.#onFault = onFault;
  }

  /** Every rule of every tenant, at most a second old. */
  async all(): Promise<RuleRecord[]> {
    while (performance.now() - this.#readAt > TRUST_MS) {
      this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return [...this.#kept.values()].flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  }

  /** A tenant's rules as they stand in storage, oldest first. */
  async list(tenant: string): Promise<RuleRecord[]> {
    const rules: RuleRecord[] = [];
    for await (const { key } of listAll(this.#store, blobKeys.tenantRulesPrefix(tenant))) {
      const rule = await this.#read(key);
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
  async #readable(key: string): Promise<RuleRecord | undefined> {
    try {
      return await this.#read(key);
    } catch (error) {
      if (!isProblem(error, 'record-invalid')) throw error;
      this.#onFault(key, error);
      return undefined;
    }
  }

  #read(key: string): Promise<RuleRecord | undefined> {
    return readRecord(this.#store, key, RuleRecord);
  }
}
