import { left, one, tasksOf } from './build.js';

/** Targets in ultrasound. */
export const us = tasksOf('us', [
  {
    group: 'cardiac',
    tasks: [
      left('ventricle', 'ventricular cavity', 'ventricular chamber', 'heart ventricle', 'LV'),
      one('myocardium', 'heart muscle', 'cardiac muscle', 'left ventricular myocardium'),
      left('atrium', 'atrial cavity', 'heart atrium', 'LA'),
    ],
  },
  {
    group: 'neck',
    tasks: [
      one('thyroid', 'thyroid gland'),
      one('carotid artery', 'carotid'),
      one('jugular vein', 'internal jugular vein'),
    ],
  },
  { group: 'neuro', tasks: [one('brain tumor', 'glioma', 'brain neoplasm')] },
  {
    group: 'calf',
    tasks: [
      one('soleus', 'soleus muscle'),
      one('gastrocnemius medialis', 'medial gastrocnemius', 'medial head of the gastrocnemius'),
      one('gastrocnemius lateralis', 'lateral gastrocnemius', 'lateral head of the gastrocnemius'),
    ],
  },
]);
