import fc from 'fast-check';
import { z } from 'zod';

/** What the requests of a test need of a JSON schema. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
  readonly items?: Schema | boolean | undefined;
  readonly prefixItems?: readonly Schema[] | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly pattern?: string | undefined;
  readonly format?: string | undefined;
}

export const Schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    oneOf: z.array(Schema).optional(),
    anyOf: z.array(Schema).optional(),
    allOf: z.array(Schema).optional(),
    properties: z.record(z.string(), Schema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), Schema]).optional(),
    items: z.union([z.boolean(), Schema]).optional(),
    prefixItems: z.array(Schema).optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    pattern: z.string().optional(),
    format: z.string().optional(),
  }),
);

/** Texts that have a meaning to the server, by the name of the field that they may stand in. */
export type Known = Readonly<Record<string, readonly string[]>>;

/** Makes values that a schema allows. */
export class Values {
  readonly #components: Readonly<Record<string, Schema>>;
  readonly #known: Known;

  constructor(components: Readonly<Record<string, Schema>>, known: Known) {
    this.#components = components;
    this.#known = known;
  }

  of(schema: Schema, name = ''): fc.Arbitrary<unknown> {
    const made = this.#made(schema, name);
    const known = this.#known[name];
    return known === undefined ? made : fc.oneof(made, fc.constantFrom(...known));
  }

  #made(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.$ref !== undefined) return this.of(this.#components[schema.$ref.split('/').at(-1) ?? ''] ?? {}, name);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => this.of(choice, name)));
    if (schema.allOf !== undefined) return this.of(schema.allOf[0] ?? {}, name);
    const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
    switch (type) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return this.#array(schema, name);
      case 'string':
        return text(schema);
      case 'integer':
        return fc.integer({
          min: Math.max(schema.minimum ?? -1000, -(2 ** 31)),
          max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1),
        });
      case 'number':
        return fc.double({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1000, noNaN: true });
      case 'boolean':
        return fc.boolean();
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
    const entries = Object.entries(properties).map(([name, field]) => [name, this.of(field, name)] as const);
    const record = fc.record(Object.fromEntries(entries), { requiredKeys: [...required] });
    if (typeof additionalProperties !== 'object' || entries.length > 0) return record;
    return fc.dictionary(fc.string({ maxLength: 20 }), this.of(additionalProperties), { maxKeys: 3 });
  }

  #array({ items, prefixItems, minItems = 0, maxItems }: Schema, name: string): fc.Arbitrary<unknown> {
    if (prefixItems !== undefined) return fc.tuple(...prefixItems.map((item) => this.of(item)));
    const item = typeof items === 'object' ? this.of(items, name) : fc.jsonValue({ maxDepth: 1 });
    return fc.array(item, { minLength: minItems, maxLength: Math.min(maxItems ?? 4, Math.max(minItems, 4)) });
  }
}

function text({ pattern, format, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uri') return fc.webUrl();
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern), { maxLength: Math.min(maxLength ?? 200, 200) });
  return fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength ?? 40, Math.max(minLength, 40)) });
}

/** Values that nobody expects anywhere. */
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    -1,
    0,
    1e308,
    2 ** 53,
    true,
    [],
    {},
    [[[]]],
    '../../etc/passwd',
    'a\u0000b',
    '\u2028',
    '\ud800',
    '__proto__',
    's3://a/../b',
    'local://inbox//x.nii',
    'x'.repeat(5_000),
    '{'.repeat(300),
    '*?'.repeat(120),
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

/** The value with one of its parts, at any depth, replaced, left out or joined by another. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  const inside = parts(value);
  if (inside.length === 0) return odd;
  const replaced = fc.constantFrom(...inside).chain((key) => {
    const child = childOf(value, key);
    return fc.oneof(odd, mutated(child)).map((next) => withChild(value, key, next));
  });
  const without = fc.constantFrom(...inside).map((key) => withChild(value, key, undefined));
  const more = fc
    .tuple(fc.constantFrom('more', '__proto__', 'constructor', ''), odd)
    .map(([key, next]) => (Array.isArray(value) ? [...(value as unknown[]), next] : withChild(value, key, next)));
  return fc.oneof({ weight: 4, arbitrary: replaced }, without, more, odd);
}

const parts = (value: unknown): string[] => (typeof value === 'object' && value !== null ? Object.keys(value) : []);

const childOf = (value: unknown, key: string): unknown =>
  Object.entries(Object(value) as Record<string, unknown>).find(([name]) => name === key)?.[1];

function withChild(value: unknown, key: string, next: unknown): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => (String(index) !== key ? [item] : next === undefined ? [] : [next]));
  }
  const others = Object.entries(Object(value) as Record<string, unknown>).filter(([name]) => name !== key);
  return Object.fromEntries(next === undefined ? others : [...others, [key, next]]);
}

/** The text as UTF-8 can hold it. */
export const wellFormed = (text: string): string => Buffer.from(text).toString();
