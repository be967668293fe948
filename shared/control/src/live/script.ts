import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** The same folder from `src` and from `dist`: the Lua files are read where they were written. */
const FOLDER = new URL('../../src/live/lua/', import.meta.url);

/** Keys and values of one call, under the names that the file gives them. */
export type NamedArguments = Readonly<Record<string, string | number>>;

/**
 * A Lua script of `lua/`. The head of the file names its KEYS and ARGV in order, and a call gives them by these names. The
 * text is sent to Redis once; later calls name it by its hash.
 */
export class Script {
  /** What Redis is sent. */
  readonly lua: string;
  readonly #file: string;
  readonly #sha: string;
  readonly #keys: readonly string[];
  readonly #values: readonly string[];

  /** @param name of the file without `.lua`; read at once, so that a missing one shows at the start */
  constructor(name: string) {
    this.#file = `${name}.lua`;
    this.lua = read(this.#file).replace(/^--- @include "(\w+)"$/gm, (_, part: string) => read(`include/${part}.lua`));
    this.#sha = createHash('sha1').update(this.lua).digest('hex');
    this.#keys = namesOf('KEYS', this.lua);
    this.#values = namesOf('ARGV', this.lua);
  }

  async run(redis: Redis, named: NamedArguments): Promise<unknown> {
    const { keys, values } = this.#ordered(named);
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...values);
    } catch (error) {
      // A restarted or failed-over Redis has forgotten its scripts.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.lua, keys.length, ...keys, ...values);
    }
  }

  /** Any number of calls in one round trip, which are not one transaction. Their replies in the order of the calls. */
  async runAll(redis: Redis, calls: readonly NamedArguments[]): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const pipeline = redis.pipeline().script('LOAD', this.lua);
    for (const named of calls) {
      const { keys, values } = this.#ordered(named);
      pipeline.evalsha(this.#sha, keys.length, ...keys, ...values);
    }
    const [, ...replies] = (await pipeline.exec()) ?? [];
    return replies.map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
  }

  #ordered(named: NamedArguments): { keys: string[]; values: (string | number)[] } {
    const unknown = Object.keys(named).find((name) => !this.#keys.includes(name) && !this.#values.includes(name));
    if (unknown !== undefined) throw new Error(`${this.#file} has no argument ${unknown}`);
    const valueOf = (name: string): string | number => {
      const value = named[name];
      if (value === undefined) throw new Error(`${this.#file} was called without ${name}`);
      return value;
    };
    return { keys: this.#keys.map((name) => String(valueOf(name))), values: this.#values.map(valueOf) };
  }
}

const read = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** Names that lines such as `local job = KEYS[1]` give to the arguments, in the order of their numbers. */
function namesOf(kind: 'KEYS' | 'ARGV', lua: string): string[] {
  const lines = lua.matchAll(new RegExp(`^local (\\w+) = (?:tonumber\\()?${kind}\\[(\\d+)\\]`, 'gm'));
  const names: string[] = [];
  for (const [, name, number] of lines) names[Number(number) - 1] = String(name);
  return names;
}
