import { one, tasksOf } from './build.js';

/** Targets in light-sheet microscopy. */
export const lightsheet = tasksOf('lightsheet', [
  {
    group: 'cleared tissue',
    tasks: [
      one('brain neural activity', 'neural activity', 'c-Fos activity'),
      one('Alzheimer’s plaque', 'amyloid plaque', 'plaque'),
      one('nuclei', 'cell nucleus', 'nucleus'),
      one('vessel', 'blood vessel', 'vasculature'),
    ],
  },
]);
