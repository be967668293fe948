import { ChangeRule, CreateRule, EventReceipt, RefusalList, RuleList, RuleView } from '@parse3d/contract';
import { z } from 'zod';
import { RuleParams } from '../routes/rules.js';
import { json, problem, withErrors } from './parts.js';

const id = { path: RuleParams };

export const rulePaths = {
  '/v1/rules': {
    post: {
      operationId: 'createRule',
      summary: 'Start a job for every new object',
      description: 'The rule acts in the name of the key’s tenant and reads no more than the key may read now.',
      tags: ['rules'],
      requestBody: { required: true, content: { 'application/json': { schema: CreateRule } } },
      responses: withErrors({ '201': json(RuleView, 'Made; it takes what comes from now on.') }, 'unprocessable'),
    },
    get: {
      operationId: 'listRules',
      summary: 'List rules, oldest first',
      tags: ['rules'],
      responses: withErrors({ '200': json(RuleList, 'Rules.') }),
    },
  },
  '/v1/rules/{id}': {
    get: {
      operationId: 'getRule',
      summary: 'One rule',
      tags: ['rules'],
      requestParams: id,
      responses: withErrors({ '200': json(RuleView, 'The rule.') }, 'notFound'),
    },
    patch: {
      operationId: 'changeRule',
      summary: 'Change a rule, or switch it on or off',
      description:
        'It then acts with the rights of this key. What it newly matches and was there before starts no job.',
      tags: ['rules'],
      requestParams: id,
      requestBody: { required: true, content: { 'application/json': { schema: ChangeRule } } },
      responses: withErrors({ '200': json(RuleView, 'The rule as it is now.') }, 'notFound', 'unprocessable'),
    },
    delete: {
      operationId: 'deleteRule',
      summary: 'Remove a rule',
      description: 'Its jobs go on; objects that waited for its batch window are dropped.',
      tags: ['rules'],
      requestParams: id,
      responses: withErrors({ '204': { description: 'Removed.' } }, 'notFound'),
    },
  },
  '/v1/rules/{id}/refusals': {
    get: {
      operationId: 'listRefusals',
      summary: 'Objects that a rule took and that could make no job',
      tags: ['rules'],
      requestParams: id,
      responses: withErrors({ '200': json(RefusalList, 'The last hundred of a week, the latest first.') }, 'notFound'),
    },
  },
  '/v1/events/storage': {
    post: {
      operationId: 'storageEvent',
      summary: 'Take a storage event',
      description:
        'Notifications of S3, MinIO and Ceph, SNS envelopes, EventBridge, and CloudEvents of Azure Blob Storage and ' +
        'Google Cloud Storage. The 200 comes when all of it is durable; the sender should send again until then.',
      tags: ['rules'],
      security: [{ eventsToken: [] }],
      requestParams: {
        query: z.object({
          token: z.string().optional().meta({ description: 'The token, for senders that can set no header.' }),
        }),
        header: z.object({ 'x-parse3d-token': z.string().optional() }),
      },
      requestBody: { required: true, content: { 'application/json': { schema: z.looseObject({}) } } },
      responses: {
        '200': json(
          EventReceipt,
          'Everything in it has its job or waits for its batch, was refused for good, or concerns no rule.',
        ),
        '400': problem('The form is unknown.'),
        '401': problem('Not the token of storage events.'),
        '403': problem('The envelope is not signed by Amazon SNS.'),
        '503': problem('Something in it could not be taken. Send it again.'),
      },
    },
  },
};
