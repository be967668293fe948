import { Usage } from '@parse3d/contract';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';

export const usageRoutes = [
  operation({
    method: 'get',
    path: '/v1/usage',
    scope: 'jobs:read',
    id: 'storedBytes',
    summary: 'What the tenant has stored, its quota, and how long things stay',
    tag: 'operations',
    answers: { '200': json(Usage, 'Bytes and times.') },
    async handler({ caller: { tenant }, response }, { control: { usage, policy } }) {
      const { uploads, results, arriving, total, countedAt } = await usage.get(tenant);
      const retentionMs = await policy.retentionMs(tenant);
      const answer: Usage = {
        tenant,
        bytes: { uploads, results, arriving, total },
        quotaBytes: await policy.quotaBytes(tenant),
        ...(countedAt === undefined ? {} : { countedAt }),
        uploadsKeptSeconds: policy.limits.uploadsKeptMs / 1_000,
        retentionSeconds: retentionMs === null ? null : retentionMs / 1_000,
      };
      response.json(answer);
    },
  }),
];
