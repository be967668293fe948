import { ListTasks, RESEARCH_NOTICE, searchTasks, type TaskList } from '@parse3d/contract';
import { Router } from 'express';
import type { ApiDeps } from '../deps.js';
import { requireScope } from '../http/auth.js';

/** `GET /v1/tasks?modality=&q=&limit=`: what the promptable model was evaluated for, with completion of a typed prompt. */
export function taskRoutes(deps: ApiDeps): Router {
  const router = Router();
  router.get('/v1/tasks', requireScope(deps.apiKeys, 'packs:read'), (request, response) => {
    const answer: TaskList = { ...searchTasks(ListTasks.parse(request.query)), notice: RESEARCH_NOTICE };
    // The catalogue changes with the software alone.
    response.set('Cache-Control', 'private, max-age=300').json(answer);
  });
  return router;
}
