import { expect, test } from 'vitest';
import { z } from 'zod';
import { operation } from '../../src/http/operation.js';
import { parseRequest } from '../../src/http/parse.js';
import { apiOperations } from '../../src/routes/index.js';

const place = {
  method: 'get',
  path: '/v1/things/{id}',
  summary: 'A thing',
  tag: 'jobs',
  answers: { '200': { description: 'It.' } },
} as const;

test('a route that does not say who may use it does not compile', () => {
  // @ts-expect-error a scope, or `public`, has to be said
  operation({ ...place, handler: () => undefined });
  operation({ ...place, scope: 'public', handler: () => undefined });
});

test('a handler gets what the declaration names, parsed, and a key only where one is asked for', () => {
  operation({
    ...place,
    scope: 'jobs:read',
    params: z.object({ id: z.uuid() }),
    query: z.object({ limit: z.coerce.number() }),
    handler({ params, query, body, caller }) {
      const taken: [string, number, undefined, string] = [params.id, query.limit, body, caller.tenant];
      return void taken;
    },
  });
  operation({
    ...place,
    scope: 'public',
    handler({ caller }) {
      const nobody: undefined = caller;
      return nobody;
    },
  });
});

test('every operation has a place of its own, and all but probes, storage events and signing out need a key', () => {
  const operations = apiOperations();
  const places = operations.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(places).size).toBe(places.length);
  const open = operations.filter(({ scope }) => scope === 'public' || scope === 'events-token').map(({ path }) => path);
  expect(open).toEqual(['/v1/events/storage', '/v1/events/storage', '/v1/session', '/healthz', '/readyz']);
});

test('a refused request says every fault and where it lies', () => {
  const schema = z.strictObject({ input: z.object({ uri: z.string() }), limit: z.number() });
  expect(() => parseRequest(schema, { input: { uri: 4 }, limit: 'x', more: 1 })).toThrow(
    expect.objectContaining({
      code: 'request-invalid',
      fields: {
        faults: [
          expect.objectContaining({ path: 'input.uri' }),
          expect.objectContaining({ path: 'limit' }),
          expect.objectContaining({ path: '' }),
        ],
      },
    }),
  );
});
