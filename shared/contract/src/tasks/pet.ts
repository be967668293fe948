import { one, tasksOf } from './build.js';

/** Targets in PET and PET-CT. */
export const pet = tasksOf('pet', [
  { group: 'whole body', tasks: [one('whole-body lesion', 'lesion', 'whole body tumor lesion', 'FDG-avid lesion')] },
]);
