import type { ApiKeys } from './key-store.js';
import type { Standing } from './standing.js';
import type { Tenants } from './tenants.js';

/** What was begun in the name of a key: a rule, a webhook, a job, a batch. */
export interface Begun {
  readonly tenant: string;
  /** Absent in what earlier versions wrote. */
  readonly keyId?: string | undefined;
  /** ISO 8601. */
  readonly createdAt: string;
}

/**
 * Whether what was begun in the name of a key may go on. Nobody copies the answer: whoever acts in a key's name asks again,
 * so that revoking a key, or a tenant, ends everything that was begun with it.
 */
export class Rights {
  readonly #keys: ApiKeys;
  readonly #tenants: Tenants;

  constructor(keys: ApiKeys, tenants: Tenants) {
    this.#keys = keys;
    this.#tenants = tenants;
  }

  /**
   * Without a key, as earlier versions wrote it, the tenant is asked: what is older than its revocation does not go on.
   *
   * @throws Problem of the store, when it has not answered for half a minute
   */
  async of({ tenant, keyId, createdAt }: Begun): Promise<Standing> {
    if (keyId !== undefined) return this.#keys.standing(keyId, tenant);
    const { revokedAt } = await this.#tenants.get(tenant);
    if (revokedAt !== undefined && Date.parse(createdAt) <= Date.parse(revokedAt)) {
      return { stands: false, why: 'revoked' };
    }
    return { stands: true, inputs: undefined };
  }

  /**
   * Whether it is so that a key, or all of a tenant, was revoked, by what storage says now and not by what was read before.
   *
   * @throws Problem of the store
   */
  async wasRevoked({ tenant, keyId }: Pick<Begun, 'tenant' | 'keyId'>): Promise<boolean> {
    if (keyId === undefined) {
      this.#tenants.forget(tenant);
      return (await this.#tenants.get(tenant)).revokedAt !== undefined;
    }
    this.#keys.forget(keyId);
    const standing = await this.#keys.standing(keyId, tenant);
    return !standing.stands && standing.why === 'revoked';
  }

  /** True for what has to be withdrawn. An expired key begins nothing new, and what it has begun goes on. */
  async areRevoked(begun: Begun): Promise<boolean> {
    const standing = await this.of(begun);
    return !standing.stands && standing.why === 'revoked';
  }
}
