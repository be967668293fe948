import { code, prose } from './markdown.mjs';

const nameOf = (ref) => ref.split('/').at(-1);
const linked = (name, link) => (link === undefined ? code(name) : `[${code(name)}](${link(name)})`);

/** A JSON schema in a few words: `string`, `"ct"` or `"mr"`, list of …. */
export function typeOf(schema, link) {
  if (schema === undefined || schema === true || Object.keys(schema).length === 0) return 'anything';
  if (schema.$ref !== undefined) return linked(nameOf(schema.$ref), link);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(' ');
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return [...new Set(choices.map((choice) => typeOf(choice, link)))].join(' or ');
  if (schema.allOf !== undefined) return schema.allOf.map((part) => typeOf(part, link)).join(' and ');
  if (schema.prefixItems !== undefined) {
    return `[${schema.prefixItems.map((item) => typeOf(item, link)).join(', ')}]`;
  }
  switch (schema.type) {
    case 'array':
      return `list of ${typeOf(schema.items, link)}`;
    case 'object':
      if (schema.properties === undefined && typeof schema.additionalProperties === 'object') {
        return `names with ${typeOf(schema.additionalProperties, link)}`;
      }
      return 'object';
    default:
      return Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything');
  }
}

/** Limits, default and description of a schema. */
export function meaningOf(schema) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minItems, maxItems, maxLength, format } = schema;
  const tuple = schema.prefixItems !== undefined;
  const real = (limit) => !tuple && limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const limits = [
    format === undefined || format === 'binary' ? '' : `format ${format}`,
    real(minimum) ? `at least ${minimum}` : '',
    real(exclusiveMinimum) ? `more than ${exclusiveMinimum}` : '',
    real(maximum) ? `at most ${maximum}` : '',
    real(exclusiveMaximum) ? `less than ${exclusiveMaximum}` : '',
    real(minItems) && minItems > 0 ? `at least ${minItems} of them` : '',
    real(maxItems) ? `at most ${maxItems} of them` : '',
    real(maxLength) ? `at most ${maxLength} characters` : '',
    schema.default === undefined ? '' : `default ${code(JSON.stringify(schema.default))}`,
  ].filter(Boolean);
  return [prose(schema.description ?? ''), limits.join(', ')].filter(Boolean).join(' · ');
}

/** Rows of `field | type | meaning`; objects inside of objects follow with a dotted name. */
export function fieldRows(schema, link, prefix = '') {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = required.includes(name) || field.default !== undefined ? '' : ' (optional)';
    const row = [code(prefix + name), `${typeOf(field, link)}${optional}`, meaningOf(field)];
    const nested = field.type === 'array' ? field.items : field;
    const deeper = nested?.properties === undefined ? [] : fieldRows(nested, link, `${prefix}${name}.`);
    return [row, ...deeper];
  });
}

/** An object's forms: itself, or each of the choices that are objects, with the text that tells them apart. */
export function formsOf(schema) {
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices === undefined) return [{ title: undefined, schema }];
  return choices.map((choice) => {
    const told = Object.entries(choice.properties ?? {}).find(([, { const: value }]) => typeof value === 'string');
    return { title: told === undefined ? undefined : `${told[0]}: ${told[1].const}`, schema: choice };
  });
}
