import { both, left, one, right, tasksOf, type Entry } from './build.js';

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];
const later = ['eighth', 'ninth', 'tenth', 'eleventh', 'twelfth'];

/** C1 to C7, T1 to T12, L1 to L5 and S1. */
function vertebrae(): readonly Entry[] {
  const regions = [
    ['C', 'cervical', 7],
    ['T', 'thoracic', 12],
    ['L', 'lumbar', 5],
    ['S', 'sacral', 1],
  ] as const;
  return regions.flatMap(([letter, region, count]) =>
    Array.from({ length: count }, (_, index) =>
      one(
        `vertebra ${letter}${index + 1}`,
        `${letter}${index + 1}`,
        `${[...ordinals, ...later][index] ?? ''} ${region} vertebra`,
        ...(letter === 'C' && index < 2 ? [index === 0 ? 'atlas' : 'axis'] : []),
      ),
    ),
  );
}

/** Targets in CT. Windows by the rule: lungs and airways; brain and head vessels; bones; everything else soft tissue. */
export const ct = tasksOf('ct', [
  {
    group: 'oncology and pathology',
    tasks: [
      one('adrenocortical carcinoma', 'adrenal carcinoma', 'adrenal tumor', 'ACC'),
      both('kidney lesion', 'renal lesion', 'kidney tumor', 'renal tumor'),
      both('kidney cyst', 'renal cyst'),
      one('liver tumor', 'hepatic tumor', 'liver lesion', 'liver cancer', 'hepatic lesion'),
    ],
  },
  {
    group: 'oncology and pathology',
    window: 'lung',
    tasks: [
      one('lung lesion', 'lung nodule', 'pulmonary nodule', 'pulmonary lesion', 'lung tumor', 'lung cancer'),
      one('COVID-19', 'COVID-19 lesion', 'COVID-19 infection', 'COVID-19 pneumonia', 'ground glass opacity'),
    ],
  },
  {
    group: 'oncology and pathology',
    tasks: [
      one('pancreas tumor', 'pancreatic tumor', 'pancreatic cancer', 'pancreas lesion', 'pancreatic lesion'),
      one('head and neck cancer', 'head and neck tumor', 'head-neck cancer'),
      one('colon cancer primary', 'colon cancer', 'primary colon cancer', 'colon tumor', 'colorectal cancer'),
      one('whole-body lesion', 'lesion', 'whole body tumor lesion'),
      one('lymph node', 'lymphadenopathy', 'enlarged lymph node'),
    ],
  },
  {
    group: 'thoracic',
    window: 'lung',
    tasks: [
      both('lung', 'pulmonary parenchyma'),
      left('upper lobe of the lung', 'upper lobe', 'upper lung lobe', 'LUL'),
      left('lower lobe of the lung', 'lower lobe', 'lower lung lobe', 'LLL'),
      right('upper lobe of the lung', 'upper lobe', 'upper lung lobe', 'RUL'),
      right('middle lobe of the lung', 'middle lobe', 'middle lung lobe', 'RML'),
      right('lower lobe of the lung', 'lower lobe', 'lower lung lobe', 'RLL'),
      one('trachea', 'windpipe'),
      one('airway tree', 'airway', 'bronchial tree', 'tracheobronchial tree'),
    ],
  },
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
      one('colon', 'large bowel', 'large intestine'),
      one('esophagus'),
    ],
  },
  {
    group: 'urogenital and endocrine',
    tasks: [
      both('kidney'),
      both('adrenal gland', 'adrenal', 'suprarenal gland'),
      one('bladder', 'urinary bladder'),
      one('prostate', 'prostate gland', 'prostate or uterus'),
      one('uterus', 'womb', 'prostate or uterus'),
    ],
  },
  {
    group: 'vascular',
    tasks: [
      one('aorta', 'aortic structure'),
      one('aortic tree', 'aorta tree', 'aortic vessel tree'),
      one('superior vena cava', 'SVC'),
      one('inferior vena cava', 'IVC', 'postcava', 'postcaval vein'),
      one('pulmonary vein'),
      one('brachiocephalic trunk', 'brachiocephalic artery', 'innominate artery'),
      both('subclavian artery'),
      both('common carotid artery', 'common carotid'),
      both('brachiocephalic vein', 'innominate vein'),
      left('atrial appendage', 'LAA', 'auricle'),
      one('portal vein and splenic vein', 'portal vein', 'splenic vein', 'portal/splenic vein'),
      both('iliac artery', 'common iliac artery'),
      both('iliac vein', 'common iliac vein', 'iliac vena'),
    ],
  },
  { group: 'cardiac', tasks: [one('heart')] },
  {
    group: 'head and neck',
    tasks: [
      both('carotid artery', 'carotid'),
      both('submandibular gland', 'submandibular salivary gland'),
      both('parotid gland', 'parotid'),
      both('lacrimal gland'),
      one('thyroid', 'thyroid gland'),
      one('glottic larynx', 'glottis', 'larynx glottis'),
      one('supraglottic larynx', 'supraglottis', 'larynx supraglottis'),
      one('lips', 'lip'),
      one('buccal mucosa'),
      one('oral cavity'),
      one('cervical esophagus'),
      one('cricopharyngeal inlet', 'cricopharyngeus'),
      one('arytenoids', 'arytenoid cartilage'),
      both('anterior eyeball segment', 'anterior segment of the eye', 'anterior eyeball'),
      both('posterior eyeball segment', 'posterior segment of the eye', 'posterior eyeball'),
      one('optic chiasm', 'optic chiasma'),
      both('optic nerve'),
      one('pituitary', 'pituitary gland', 'hypophysis'),
      one('spinal cord'),
    ],
  },
  // The cochlea is a space inside the petrous bone, whose walls the soft-tissue window does not show.
  { group: 'head and neck', window: 'bone', tasks: [both('cochlea')] },
  { group: 'head and neck', window: 'brain', tasks: [one('brainstem', 'brain stem')] },
  { group: 'neuro and cranial', window: 'brain', tasks: [one('brain'), one('Circle of Willis', 'circulus Willisii')] },
  { group: 'neuro and cranial', window: 'bone', tasks: [one('skull', 'cranium')] },
  {
    group: 'spine and musculoskeletal',
    window: 'bone',
    tasks: [
      one('sacrum', 'sacral bone'),
      ...vertebrae(),
      both('humerus', 'upper arm bone'),
      both('scapula', 'shoulder blade'),
      both('clavicle', 'clavicula', 'collar bone'),
      both('femur', 'thigh bone'),
      both('hip', 'hip bone', 'pelvic bone'),
    ],
  },
  {
    group: 'spine and musculoskeletal',
    tasks: [
      both('gluteus maximus', 'gluteus maximus muscle'),
      both('gluteus medius', 'gluteus medius muscle'),
      both('gluteus minimus', 'gluteus minimus muscle'),
      both('autochthon', 'autochthonous muscle', 'autochthonous back muscle', 'deep back muscle'),
      both('iliopsoas', 'iliopsoas muscle'),
    ],
  },
]);
