/** A concept of a coding scheme, as DICOM writes it. */
export interface Code {
  readonly value: string;
  readonly scheme: 'SCT' | 'DCM';
  /** At most 64 characters. */
  readonly meaning: string;
}

const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });

/** Categories of DICOM's context group 7150. */
export const categories = {
  structure: sct('123037004', 'Anatomical Structure'),
  tissue: sct('85756007', 'Tissue'),
  substance: sct('91720002', 'Body Substance'),
  abnormal: sct('49755003', 'Morphologically Abnormal Structure'),
} as const satisfies Record<string, Code>;

export const left = sct('7771000', 'Left');
export const right = sct('24028007', 'Right');

/** For everything without a code of its own: DICOM wants one, and the label says what was asked for. */
export const anyTissue = categories.tissue;

type Category = keyof typeof categories;

export interface Concept {
  readonly category: Category;
  readonly type: Code;
  /** Where it is, for what can be anywhere. */
  readonly region?: Code;
}

const concepts = new Map<string, Concept>();

/** Names as prompts have them, in the singular and without a side. */
function define(category: Category, value: string, meaning: string, ...names: readonly string[]): void {
  for (const name of [meaning.toLowerCase(), ...names]) concepts.set(name, { category, type: sct(value, meaning) });
}

function defineAbnormal(
  value: string,
  meaning: string,
  regions: Readonly<Record<string, Code>>,
  names: string[],
): void {
  for (const [where, region] of Object.entries(regions)) {
    for (const name of names) {
      concepts.set(`${where} ${name}`, { category: 'abnormal', type: sct(value, meaning), region });
    }
  }
}

// Brain: DICOM's context groups 7140 and 7153.
define('structure', '12738006', 'Brain', 'whole brain', 'brain parenchyma', 'brain tissue');
define('structure', '68523003', 'Cerebral White Matter', 'brain white matter', 'hemispheric white matter');
define('structure', '40146001', 'Cerebral cortex', 'brain cortex', 'cortical grey matter', 'cortical gray matter');
define('structure', '66720007', 'Lateral ventricle', 'lateral cerebral ventricle');
define('structure', '53118009', 'Inferior Horn of Lateral Ventricle', 'inferior lateral ventricle', 'temporal horn');
define('structure', '33060004', 'Cerebellar white matter', 'cerebellum white matter', 'arbor vitae');
define('structure', '25991003', 'Cerebellar Cortex', 'cerebellum cortex', 'cerebellar grey matter');
define('structure', '113305005', 'Cerebellum', 'whole cerebellum');
define('structure', '42695009', 'Thalamus', 'thalamus proper');
define('structure', '11000004', 'Caudate nucleus', 'caudate');
define('structure', '89278009', 'Putamen');
define('structure', '14738005', 'Globus pallidus', 'pallidum');
define('structure', '5366008', 'Hippocampus', 'hippocampal formation');
define('structure', '4958002', 'Amygdala', 'amygdaloid body');
define('structure', '427667007', 'Nucleus accumbens', 'accumbens', 'accumbens area');
define('structure', '87563008', 'Diencephalon', 'ventral diencephalon', 'ventral dc');
define('structure', '372073000', 'Cerebral hemisphere', 'cerebrum', 'brain hemisphere');
define('structure', '119238007', 'Brain stem', 'brainstem');
define('structure', '49841001', 'Third ventricle', '3rd ventricle');
define('structure', '35918002', 'Fourth ventricle', '4th ventricle');
define('structure', '35764002', 'Brain ventricle', 'brain ventricles', 'cerebral ventricles');
define('structure', '65216001', 'Cerebrospinal Fluid', 'csf', 'outer cerebrospinal fluid');
define('structure', '2748008', 'Spinal cord');

// Tissues by density.
define('substance', '15158005', 'Air', 'gas', 'bowel gas', 'free air');
define('structure', '39607008', 'Lung', 'lung parenchyma', 'aerated lung', 'lung tissue');
define('tissue', '256674009', 'Fat', 'adipose tissue', 'body fat', 'fatty tissue');
define('tissue', '87784001', 'Soft tissue', 'soft tissues');
define('tissue', '71616004', 'Muscle', 'muscle tissue');
define('tissue', '127954009', 'Skeletal muscle');
define('tissue', '272673000', 'Bone', 'skeleton', 'bone tissue', 'osseous tissue');

// Chest, abdomen and pelvis.
define('structure', '10200004', 'Liver');
define('structure', '78961009', 'Spleen');
define('structure', '15776009', 'Pancreas');
define('structure', '64033007', 'Kidney');
define('structure', '28231008', 'Gallbladder', 'gall bladder');
define('structure', '69695003', 'Stomach');
define('structure', '38848004', 'Duodenum');
define('structure', '30315005', 'Small Intestine', 'small bowel');
define('structure', '71854001', 'Colon', 'large bowel');
define('structure', '14742008', 'Large intestine');
define('structure', '34402009', 'Rectum');
define('structure', '32849002', 'Esophagus', 'oesophagus');
define('structure', '89837001', 'Bladder', 'urinary bladder');
define('structure', '23451007', 'Adrenal gland', 'adrenal');
define('structure', '41216001', 'Prostate', 'prostate gland');
define('structure', '35039007', 'Uterus', 'womb');
define('structure', '15825003', 'Aorta');
define('structure', '64131007', 'Inferior vena cava', 'postcava', 'ivc');
define('structure', '48345005', 'Superior vena cava');
define('structure', '32764006', 'Portal vein');
define('structure', '80891009', 'Heart');
define('structure', '81040000', 'Pulmonary artery');
define('structure', '44567001', 'Trachea', 'windpipe');
define('structure', '89187006', 'Airway structure', 'airway', 'airway tree');
define('structure', '45653009', 'Upper lobe of lung', 'upper lung lobe');
define('structure', '90572001', 'Lower lobe of lung', 'lower lung lobe');
define('structure', '72481006', 'Middle lobe of right lung', 'middle lobe of lung', 'middle lung lobe');
define('structure', '69748006', 'Thyroid', 'thyroid gland');
define('structure', '51282000', 'Vertebra', 'vertebrae');
define('structure', '113197003', 'Rib', 'ribs');
define('structure', '56873002', 'Sternum');
define('structure', '54735007', 'Sacrum');
define('structure', '71341001', 'Femur');
define('structure', '85050009', 'Humerus');
define('structure', '79601000', 'Scapula');
define('structure', '51299004', 'Clavicle');
define('structure', '89546000', 'Skull');
define('tissue', '59441001', 'Lymph node');

const organs = {
  liver: sct('10200004', 'Liver'),
  kidney: sct('64033007', 'Kidney'),
  pancreas: sct('15776009', 'Pancreas'),
  lung: sct('39607008', 'Lung'),
  brain: sct('12738006', 'Brain'),
  colon: sct('71854001', 'Colon'),
  prostate: sct('41216001', 'Prostate'),
};
defineAbnormal('108369006', 'Neoplasm', organs, ['tumor', 'tumour', 'cancer', 'neoplasm']);
defineAbnormal('52988006', 'Lesion', organs, ['lesion']);
defineAbnormal('367643001', 'Cyst', organs, ['cyst']);
defineAbnormal('27925004', 'Nodule', organs, ['nodule']);

/** Every concept by the names that stand for it. */
export const conceptsByName: ReadonlyMap<string, Concept> = concepts;
