import { RESEARCH_NOTICE } from '@parse3d/contract';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { bodyErrors, withErrors } from './http/answers.js';
import type { Operation } from './http/operation.js';
import { apiOperations } from './routes/index.js';

/** The OpenAPI 3.1 document, made from the declarations that the server answers by. */
export function openApiDocument(
  version: string,
  publicUrl: string | undefined,
  operations: readonly Operation[] = apiOperations(),
): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'parse3d',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: `Text-prompted segmentation of 3D biomedical volumes. ${RESEARCH_NOTICE}`,
    },
    ...(publicUrl === undefined ? {} : { servers: [{ url: publicUrl }] }),
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'p3d_…' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'parse3d-session',
          description:
            'Of a browser that signed in by POST /v1/session; behind the name comes the port, where the address has one. ' +
            'What changes something needs the header X-Parse3d-Page too.',
        },
        shareLink: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'p3l_…',
          description: 'Of a link made by POST /v1/jobs/{id}/links: it reads that job and nothing else.',
        },
        eventsToken: { type: 'http', scheme: 'bearer', description: 'PARSE3D_EVENTS_TOKEN of the server.' },
      },
    },
    security: [{ apiKey: [] }, { session: [] }],
    paths: pathsOf(operations),
  });
}

function pathsOf(operations: readonly Operation[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    if (operation.id === undefined) continue;
    const path = operation.path.replaceAll('{+', '{');
    paths[path] = { ...paths[path], [operation.method]: describe(operation.id, operation) };
  }
  return paths;
}

function describe(operationId: string, operation: Operation): ZodOpenApiOperationObject {
  const { summary, description, tag, scope, params, query, headers, body, answers, errors } = operation;
  const taken = body === undefined ? answers : bodyErrors(body.needsType, answers);
  const needsKey = scope !== 'public' && scope !== 'events-token';
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(scope === 'public' ? { security: [] } : {}),
    ...(scope === 'events-token' ? { security: [{ eventsToken: [] }] } : {}),
    ...(operation.takesLinks === true ? { security: [{ apiKey: [] }, { session: [] }, { shareLink: [] }] } : {}),
    ...(params || query || headers
      ? {
          requestParams: {
            ...(params && { path: params }),
            ...(query && { query }),
            ...(headers && { header: headers }),
          },
        }
      : {}),
    ...(body && { requestBody: body.described }),
    responses: needsKey ? withErrors(taken, errors) : taken,
  };
}
