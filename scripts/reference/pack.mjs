import { Pack } from '@parse3d/contract';
import { z } from 'zod';
import { page, table } from './markdown.mjs';
import { fieldRows, formsOf } from './schema.mjs';

/** References are written out where they are used: a page of fields is read from top to bottom. */
function inlined(schema, defs) {
  if (Array.isArray(schema)) return schema.map((item) => inlined(item, defs));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema;
    return { ...inlined(defs[$ref.split('/').at(-1)], defs), ...beside };
  }
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, inlined(value, defs)]));
}

export function packPages() {
  const { $defs = {}, ...root } = z.toJSONSchema(Pack, { io: 'input', unrepresentable: 'any' });
  const forms = formsOf(inlined(root, $defs));
  const top = new Set(['kind', 'model', 'targets']);
  const only = (schema, keep) => ({
    ...schema,
    properties: Object.fromEntries(Object.entries(schema.properties).filter(([name]) => keep(name))),
  });
  const rows = (schema) => table(['field', 'type', 'meaning'], fieldRows(schema));
  const intensity = forms[0].schema.properties.model.properties.intensity;
  return {
    'pack.md': page(
      'pack.json',
      'What a pack is, how prompts find classes and what a worker verifies stand in [Packs](../packs.md). Fields that are ' +
        'not listed are refused. Lengths are voxels `[i, j, k]` unless a unit is named.',
      '## All packs',
      rows(only(forms[0].schema, (name) => !top.has(name))),
      ...forms.flatMap(({ title, schema }) => [`## ${title}`, rows(only(schema, (name) => top.has(name)))]),
      '## intensity',
      ...formsOf(intensity).flatMap(({ title, schema }) => [
        `**${title}** ${schema.description ?? ''}`,
        Object.keys(schema.properties).length > 1 ? rows(only(schema, (name) => name !== 'kind')) : '',
      ]),
    ),
  };
}
