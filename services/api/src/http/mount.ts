import { Router } from 'express';
import type { ApiDeps } from '../deps.js';
import type { Operation } from './operation.js';

/** Serves declared routes, each where it says; of two that match a path the first one answers. */
export function mount(operations: readonly Operation[], deps: ApiDeps): Router {
  const router = Router();
  for (const operation of operations) {
    router[operation.method](expressPath(operation.path), (request, response) =>
      operation.serve(request, response, deps),
    );
  }
  return router;
}

/** `/v1/jobs/{id}` as Express writes it: `/v1/jobs/:id`. Measurements and traces bear this name. */
const expressPath = (path: string): string => path.replaceAll(/\{\+(\w+)\}/g, '*$1').replaceAll(/\{(\w+)\}/g, ':$1');
