import { openApiDocument } from '@parse3d/api';
import { code, page, prose, table } from './markdown.mjs';
import { fieldRows, formsOf, meaningOf, typeOf } from './schema.mjs';

const document = openApiDocument('0.0.0', undefined);
const schemas = document.components?.schemas ?? {};
/** Named documents stand once, on a page of their own. */
const link = (name) => `documents.md#${name.toLowerCase()}`;
const body = (schema) =>
  schema.$ref === undefined && schema.properties !== undefined ? 'object' : typeOf(schema, link);

function operation(method, path, it) {
  const parameters = it.parameters ?? [];
  const content = Object.entries(it.requestBody?.content ?? {});
  return [
    `## ${method.toUpperCase()} ${path.replaceAll('{', ':').replaceAll('}', '')}`,
    `${prose(it.summary ?? '')}. ${prose(it.description ?? '')} Operation ${code(it.operationId)}.`,
    parameters.length === 0
      ? ''
      : table(
          ['parameter', 'in', 'type', 'meaning'],
          parameters.map((parameter) => [
            code(parameter.name),
            `${parameter.in}${parameter.required ? '' : ', optional'}`,
            typeOf(parameter.schema, link),
            meaningOf({ ...parameter.schema, description: parameter.description ?? parameter.schema?.description }),
          ]),
        ),
    content.length === 0
      ? ''
      : `Body: ${content.map(([type, { schema }]) => `${code(type)} (${body(schema)})`).join(', ')}`,
    ...content
      .filter(([, { schema }]) => schema.properties !== undefined)
      .map(([, { schema }]) => table(['field', 'type', 'meaning'], fieldRows(schema, link))),
    table(
      ['answer', 'holds', 'meaning'],
      Object.entries(it.responses ?? {}).map(([status, response]) => [
        status,
        Object.values(response.content ?? {})
          .map(({ schema }) => body(schema))
          .join(', '),
        prose(response.description ?? ''),
      ]),
    ),
  ];
}

const named = ([name, schema]) => [
  `## ${name}`,
  prose(schema.description ?? ''),
  ...formsOf(schema).flatMap(({ title, schema: form }) => {
    const rows = fieldRows(form, (other) => `#${other.toLowerCase()}`);
    const shown =
      rows.length > 0
        ? table(['field', 'type', 'meaning'], rows)
        : [typeOf(form), meaningOf({ ...form, description: undefined })].filter(Boolean).join(' · ');
    return [title === undefined ? '' : `**${title}**`, shown];
  }),
];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function apiPages() {
  const byTag = new Map();
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const it = operations[method];
      if (it === undefined) continue;
      const tag = it.tags?.[0] ?? 'others';
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method, path, it }]);
    }
  }
  const overview = [...byTag].map(([tag, operations]) => [
    `[${tag}](${tag}.md)`,
    operations.map(({ method, path }) => code(`${method.toUpperCase()} ${path}`)).join(', '),
  ]);
  return {
    'api/index.md': page(
      'HTTP API',
      'A key goes into `Authorization: Bearer p3d_…`. Errors are `application/problem+json` with a ' +
        '[code](../problems.md); 429 and 503 carry `Retry-After`. Requests with fields that are not listed are refused. ' +
        'A running server shows the same at `/docs` and as OpenAPI 3.1 at `/openapi.json`.',
      table(['page', 'operations'], overview),
      'Bodies that have a name are described under [documents](documents.md).',
    ),
    'api/documents.md': page('Documents of the API', ...Object.entries(schemas).flatMap(named)),
    ...Object.fromEntries(
      [...byTag].map(([tag, operations]) => [
        `api/${tag}.md`,
        page(`API: ${tag}`, ...operations.flatMap(({ method, path, it }) => operation(method, path, it))),
      ]),
    ),
  };
}
