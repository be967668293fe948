import { z } from 'zod';
import { Target } from '../pack.js';
import { Modality } from '../primitives.js';

/** Names of the CT windows that the catalogue uses; `ctWindows` has their numbers. */
export const CtWindow = z.enum(['soft-tissue', 'lung', 'brain', 'bone']).meta({
  id: 'CtWindow',
  description: 'Range of Hounsfield units in which a target is seen best.',
});
export type CtWindow = z.infer<typeof CtWindow>;

/** Width and level in Hounsfield units. */
export const ctWindows = {
  'soft-tissue': { width: 400, level: 40 },
  lung: { width: 1500, level: -160 },
  brain: { width: 80, level: 40 },
  bone: { width: 1800, level: 400 },
} as const satisfies Record<CtWindow, { width: number; level: number }>;

/** One thing that the model was evaluated to find in one modality. */
export const Task = Target.omit({ colour: true })
  .extend({
    modality: Modality,
    group: z.string().meta({ description: 'Part of the body or kind of finding.', example: 'abdomen and pelvis' }),
    prompt: z.string().meta({ description: 'Name with its side, as a prompt.', example: 'left kidney' }),
    window: CtWindow.optional().meta({ description: 'CT only.' }),
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof Task>;

/** Query of `GET /v1/tasks`. */
export const ListTasks = z.strictObject({
  modality: Modality.optional(),
  q: z.string().max(512).optional().meta({ description: 'What has been typed of a prompt.', example: 'left kid' }),
  limit: z.coerce.number().int().min(1).max(500).default(20),
});
export type ListTasks = z.infer<typeof ListTasks>;

/** Answer of `GET /v1/tasks`: the best match first; without `q` in the order of the catalogue. */
export const TaskList = z
  .strictObject({
    tasks: z.array(Task),
    total: z.int().meta({ description: 'How many there are without the limit.' }),
    notice: z.string(),
  })
  .meta({ id: 'TaskList' });
export type TaskList = z.infer<typeof TaskList>;
