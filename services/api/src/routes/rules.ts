import { ChangeRule, CreateRule } from '@parse3d/contract';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { ApiDeps } from '../deps.js';
import { changeRule, createRule, refusalsOf, viewRule } from '../events/rules.js';
import { callerOf, requireScope } from '../http/auth.js';

export const RuleParams = z.object({ id: z.uuid() });

/** `/v1/rules`: which new objects start which jobs. */
export function ruleRoutes(deps: ApiDeps): Router {
  const router = Router();
  const read = requireScope(deps.apiKeys, 'jobs:read');
  const write = requireScope(deps.apiKeys, 'jobs:write');
  const find = (request: Request) => deps.rules.get(callerOf(request).tenant, RuleParams.parse(request.params).id);

  router.post('/v1/rules', write, async (request, response) => {
    const rule = await createRule(CreateRule.parse(request.body), callerOf(request), deps);
    request.log.info({ ruleId: rule.id, tenant: rule.tenant }, 'rule made');
    response.status(201).location(`/v1/rules/${rule.id}`).json(viewRule(rule));
  });

  router.get('/v1/rules', read, async (request, response) => {
    response.json({ rules: (await deps.rules.list(callerOf(request).tenant)).map(viewRule) });
  });

  router.get('/v1/rules/:id', read, async (request, response) => {
    response.json(viewRule(await find(request)));
  });

  router.get('/v1/rules/:id/refusals', read, async (request, response) => {
    response.json({ refusals: await refusalsOf(await find(request), deps) });
  });

  router.patch('/v1/rules/:id', write, async (request, response) => {
    const body = ChangeRule.parse(request.body);
    response.json(viewRule(await changeRule(await find(request), body, callerOf(request), deps)));
  });

  router.delete('/v1/rules/:id', write, async (request, response) => {
    const rule = await find(request);
    await deps.rules.delete(rule.tenant, rule.id);
    request.log.info({ ruleId: rule.id, tenant: rule.tenant }, 'rule removed');
    response.status(204).end();
  });
  return router;
}
