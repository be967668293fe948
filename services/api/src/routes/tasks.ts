import { ListTasks, RESEARCH_NOTICE, searchTasks, TaskList } from '@parse3d/contract';
import { json } from '../http/answers.js';
import { operation } from '../http/operation.js';

export const taskRoutes = [
  operation({
    method: 'get',
    path: '/v1/tasks',
    scope: 'packs:read',
    query: ListTasks,
    id: 'searchTasks',
    summary: 'Search the task catalogue',
    description: `What the promptable model was evaluated for, by modality; with \`q\` it completes a typed prompt. ${RESEARCH_NOTICE}`,
    tag: 'packs',
    answers: { '200': json(TaskList, 'Tasks, the likeliest first.') },
    handler({ query, response }) {
      const answer: TaskList = { ...searchTasks(query), notice: RESEARCH_NOTICE };
      // The catalogue changes with the software alone.
      response.set('Cache-Control', 'private, max-age=300').json(answer);
    },
  }),
];
