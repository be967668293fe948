import { ChangeRule, CreateRule, RefusalList, RuleList, RuleView } from '@parse3d/contract';
import { z } from 'zod';
import { changeRule, createRule, viewRule } from '../events/rules.js';
import { json } from '../http/answers.js';
import { jsonBody } from '../http/body.js';
import { operation } from '../http/operation.js';

const RuleParams = z.object({ id: z.uuid() });

/** Which new objects start which jobs. */
export const ruleRoutes = [
  operation({
    method: 'post',
    path: '/v1/rules',
    scope: 'jobs:write',
    body: jsonBody(CreateRule),
    id: 'createRule',
    summary: 'Start a job for every new object',
    description:
      'The rule acts in the name of the key’s tenant and reads what the key may read; it acts as long as the key stands.',
    tag: 'rules',
    answers: { '201': json(RuleView, 'Made; it takes what comes from now on.') },
    errors: { unprocessable: true, quota: true },
    async handler({ body, caller, request, response }, deps) {
      const rule = await createRule(body, caller, deps);
      request.log.info({ ruleId: rule.id, tenant: rule.tenant }, 'rule made');
      response
        .status(201)
        .location(`/v1/rules/${rule.id}`)
        .json(await viewRule(rule, deps));
    },
  }),

  operation({
    method: 'get',
    path: '/v1/rules',
    scope: 'jobs:read',
    id: 'listRules',
    summary: 'List rules, oldest first',
    tag: 'rules',
    answers: { '200': json(RuleList, 'Rules.') },
    async handler({ caller, response }, deps) {
      const rules = await deps.rules.list(caller.tenant);
      response.json({ rules: await Promise.all(rules.map((rule) => viewRule(rule, deps))) });
    },
  }),

  operation({
    method: 'get',
    path: '/v1/rules/{id}',
    scope: 'jobs:read',
    params: RuleParams,
    id: 'getRule',
    summary: 'One rule',
    tag: 'rules',
    answers: { '200': json(RuleView, 'The rule.') },
    errors: { notFound: 'rule' },
    async handler({ params, caller, response }, deps) {
      response.json(await viewRule(await deps.rules.get(caller.tenant, params.id), deps));
    },
  }),

  operation({
    method: 'patch',
    path: '/v1/rules/{id}',
    scope: 'jobs:write',
    params: RuleParams,
    body: jsonBody(ChangeRule),
    id: 'changeRule',
    summary: 'Change a rule, or switch it on or off',
    description: 'It then acts with the rights of this key. What it newly matches and was there before starts no job.',
    tag: 'rules',
    answers: { '200': json(RuleView, 'The rule as it is now.') },
    errors: { notFound: 'rule', unprocessable: true },
    async handler({ params, body, caller, response }, deps) {
      const rule = await deps.rules.get(caller.tenant, params.id);
      response.json(await viewRule(await changeRule(rule, body, caller, deps), deps));
    },
  }),

  operation({
    method: 'delete',
    path: '/v1/rules/{id}',
    scope: 'jobs:write',
    params: RuleParams,
    id: 'deleteRule',
    summary: 'Remove a rule',
    description: 'Its jobs go on; objects that waited for its batch window are dropped.',
    tag: 'rules',
    answers: { '204': { description: 'Removed.' } },
    errors: { notFound: 'rule' },
    async handler({ params, caller, request, response }, { rules }) {
      const { tenant, id } = await rules.get(caller.tenant, params.id);
      await rules.delete(tenant, id);
      request.log.info({ ruleId: id, tenant }, 'rule removed');
      response.status(204).end();
    },
  }),

  operation({
    method: 'get',
    path: '/v1/rules/{id}/refusals',
    scope: 'jobs:read',
    params: RuleParams,
    id: 'listRefusals',
    summary: 'Objects that a rule took and that could make no job',
    tag: 'rules',
    answers: { '200': json(RefusalList, 'The last hundred of a week, the latest first.') },
    errors: { notFound: 'rule' },
    async handler({ params, caller, response }, deps) {
      const rule = await deps.rules.get(caller.tenant, params.id);
      response.json({ refusals: await deps.control.refusals.list(rule.id) });
    },
  }),
];
