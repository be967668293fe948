import { both, left, one, right, tasksOf } from './build.js';

/** Targets in magnetic resonance images. */
export const mr = tasksOf('mr', [
  {
    group: 'abdomen and pelvis',
    tasks: [
      one('spleen'),
      one('liver'),
      one('gallbladder', 'gall bladder'),
      one('stomach'),
      one('pancreas'),
      one('duodenum'),
      one('small bowel', 'small intestine'),
      one('colon', 'whole colon', 'large bowel', 'large intestine'),
      one('esophagus'),
      one('bladder', 'urinary bladder'),
      one('prostate', 'prostate gland', 'prostate or uterus'),
      one('uterus', 'womb', 'prostate or uterus'),
    ],
  },
  {
    group: 'colon segments',
    tasks: [
      one('cecum'),
      one('appendix', 'vermiform appendix'),
      one('ascending colon'),
      one('transverse colon'),
      one('descending colon'),
      one('sigmoid colon', 'sigmoid'),
      one('rectum'),
    ],
  },
  {
    group: 'urogenital',
    tasks: [
      one('prostate transition zone', 'prostate transitional zone', 'transition zone of the prostate'),
      one('prostate lesion', 'prostate tumor', 'prostate cancer'),
    ],
  },
  {
    group: 'cardiac',
    tasks: [
      left('ventricle', 'ventricular cavity', 'ventricular chamber', 'heart ventricle', 'LV'),
      right('ventricle', 'ventricular cavity', 'ventricular chamber', 'heart ventricle', 'RV'),
      one('myocardium', 'heart muscle', 'cardiac muscle', 'left ventricular myocardium'),
      left('atrium', 'atrial cavity', 'heart atrium', 'LA'),
      right('atrium', 'atrial cavity', 'heart atrium', 'RA'),
    ],
  },
  { group: 'thoracic', tasks: [both('lung', 'pulmonary parenchyma')] },
  {
    group: 'vascular',
    tasks: [
      one('aorta', 'aortic structure'),
      one('pulmonary artery'),
      one('superior vena cava', 'SVC'),
      one('inferior vena cava', 'IVC', 'postcava', 'postcaval vein'),
      one('portal vein and splenic vein', 'portal vein', 'splenic vein', 'portal/splenic vein'),
      both('iliac artery', 'common iliac artery'),
      both('iliac vein', 'common iliac vein', 'iliac vena'),
      both('carotid artery', 'carotid'),
      both('jugular vein', 'internal jugular vein'),
    ],
  },
  {
    group: 'neuro tumors and ischemia',
    tasks: [
      one('brain'),
      one('brain tumor', 'glioma', 'brain neoplasm'),
      one('stroke lesion', 'ischemic stroke lesion', 'brain infarct', 'ischemic lesion'),
      one('primary gross tumor volume', 'GTVp', 'primary gross tumor', 'GTVp tumor'),
      one('nodal gross tumor volume', 'GTVn', 'nodal gross tumor', 'GTVn tumor'),
      one('intra-meatal vestibular schwannoma', 'intrameatal vestibular schwannoma'),
      one('extra-meatal vestibular schwannoma', 'extrameatal vestibular schwannoma'),
      both('cochlea'),
    ],
  },
  {
    group: 'glioma components',
    tasks: [
      one('non-enhancing tumor core', 'nonenhancing tumor core'),
      one(
        'non-enhancing FLAIR hyperintensity',
        'surrounding non-enhancing FLAIR hyperintensity',
        'FLAIR hyperintensity',
        'peritumoral edema',
      ),
      one('enhancing tissue', 'enhancing tumor'),
      one('resection cavity'),
    ],
  },
  {
    group: 'white matter disease',
    tasks: [
      one(
        'white matter hyperintensities',
        'WM hyperintensities',
        'white matter hyperintensities on FLAIR',
        'white matter hyperintensities on T1',
        'white matter lesion',
        'WMH',
      ),
    ],
  },
  { group: 'Circle of Willis', tasks: [one('Circle of Willis', 'circulus Willisii')] },
  {
    group: 'spine and musculoskeletal',
    tasks: [
      one('sacrum', 'sacral bone'),
      one('vertebrae', 'vertebral column', 'spine'),
      one('cervical vertebrae', 'cervical spine'),
      one('thoracic vertebrae', 'thoracic spine'),
      one('lumbar vertebrae', 'lumbar spine'),
      one('intervertebral disc', 'disc', 'spinal disc', 'intervertebral disk'),
      one('spinal canal', 'vertebral canal'),
      one('spinal cord'),
      both('humerus', 'upper arm bone'),
      both('femur', 'thigh bone'),
      both('hip', 'hip bone', 'pelvic bone'),
      both('gluteus maximus', 'gluteus maximus muscle'),
      both('gluteus medius', 'gluteus medius muscle'),
      both('gluteus minimus', 'gluteus minimus muscle'),
      both('autochthon', 'autochthonous muscle', 'autochthonous back muscle', 'deep back muscle'),
      both('iliopsoas', 'iliopsoas muscle'),
    ],
  },
]);
