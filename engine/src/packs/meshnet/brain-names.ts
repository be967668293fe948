/** What a label of a brain model is called by people. */
export interface BrainName {
  readonly name: string;
  readonly synonyms: readonly string[];
}

const known = (name: string, ...synonyms: string[]): BrainName => ({ name, synonyms });
const CEREBELLUM = ['cerebellum'];
const VENTRICLES = ['ventricle', 'cerebral ventricle', 'brain ventricle', 'ventricular system'];
const BASAL_GANGLIA = ['basal ganglia', 'basal nuclei'];
const STRIATUM = [...BASAL_GANGLIA, 'striatum', 'corpus striatum'];
const CORTEX = ['cortex', 'cortical grey matter'];

/**
 * FreeSurfer's labels, written in lower case with spaces and without a side. A synonym that several share, such as
 * `basal ganglia`, stands for all of them.
 */
export const structures: Readonly<Record<string, BrainName>> = {
  'cerebral white matter': known('cerebral white matter', 'white matter', 'WM', 'cerebrum white matter'),
  'cerebral cortex': known('cerebral cortex', 'grey matter', 'GM', 'cerebral grey matter', ...CORTEX),
  'white matter': known('white matter', 'WM', 'cerebral white matter'),
  'grey matter': known('grey matter', 'GM', 'cerebral cortex', 'cerebral grey matter', ...CORTEX),
  'cerebellum white matter': known('cerebellar white matter', 'white matter of the cerebellum', ...CEREBELLUM),
  'cerebellum cortex': known('cerebellar cortex', 'cerebellar grey matter', ...CEREBELLUM),
  cerebellum: known('cerebellum'),
  'lateral ventricle': known('lateral ventricle', ...VENTRICLES),
  'inferior lateral ventricle': known('inferior lateral ventricle', 'temporal horn', 'inferior horn', ...VENTRICLES),
  'inf lat vent': known('inferior lateral ventricle', 'temporal horn', 'inferior horn', ...VENTRICLES),
  '3rd ventricle': known('third ventricle', ...VENTRICLES),
  '4th ventricle': known('fourth ventricle', ...VENTRICLES),
  '5th ventricle': known('fifth ventricle', 'cavum septi pellucidi', ...VENTRICLES),
  ventricle: known('ventricles', ...VENTRICLES),
  thalamus: known('thalamus', 'thalamus proper', 'thalamic nuclei'),
  'thalamus proper': known('thalamus', 'thalamus proper', 'thalamic nuclei'),
  caudate: known('caudate', 'caudate nucleus', 'nucleus caudatus', ...STRIATUM),
  putamen: known('putamen', 'lentiform nucleus', ...STRIATUM),
  pallidum: known('pallidum', 'globus pallidus', 'lentiform nucleus', ...BASAL_GANGLIA),
  'accumbens area': known('nucleus accumbens', 'accumbens', 'ventral striatum', ...STRIATUM),
  'brain stem': known('brain stem', 'brainstem', 'truncus encephali'),
  hippocampus: known('hippocampus', 'hippocampal formation'),
  amygdala: known('amygdala', 'amygdaloid body', 'amygdaloid nucleus'),
  ventraldc: known('ventral diencephalon', 'ventral DC'),
  csf: known('cerebrospinal fluid', 'CSF', 'liquor'),
  'corpus callosum': known('corpus callosum', 'callosum'),
  'choroid plexus': known('choroid plexus'),
  'optic chiasm': known('optic chiasm', 'optic chiasma'),
  'wm hypointensities': known('white matter hypointensities', 'white matter lesions'),
  brain: known('brain', 'brain mask', 'brain tissue'),
  'brain mask': known('brain', 'brain mask', 'brain tissue'),
};

type Lobe = 'frontal' | 'parietal' | 'temporal' | 'occipital' | 'cingulate' | 'insular';

/** The cortical regions of the Desikan-Killiany atlas, run together as FreeSurfer writes them. */
const regions: Readonly<Record<string, readonly [Lobe, name: string, ...synonyms: string[]]>> = {
  bankssts: ['temporal', 'banks of the superior temporal sulcus', 'superior temporal sulcus'],
  caudalanteriorcingulate: ['cingulate', 'caudal anterior cingulate', 'anterior cingulate'],
  caudalmiddlefrontal: ['frontal', 'caudal middle frontal gyrus', 'middle frontal gyrus'],
  cuneus: ['occipital', 'cuneus'],
  entorhinal: ['temporal', 'entorhinal cortex', 'entorhinal area'],
  frontalpole: ['frontal', 'frontal pole'],
  fusiform: ['temporal', 'fusiform gyrus'],
  inferiorparietal: ['parietal', 'inferior parietal lobule'],
  inferiortemporal: ['temporal', 'inferior temporal gyrus'],
  insula: ['insular', 'insula', 'insular cortex'],
  isthmuscingulate: ['cingulate', 'isthmus of the cingulate gyrus'],
  lateraloccipital: ['occipital', 'lateral occipital cortex'],
  lateralorbitofrontal: ['frontal', 'lateral orbitofrontal cortex', 'orbitofrontal cortex'],
  lingual: ['occipital', 'lingual gyrus'],
  medialorbitofrontal: ['frontal', 'medial orbitofrontal cortex', 'orbitofrontal cortex'],
  middletemporal: ['temporal', 'middle temporal gyrus'],
  paracentral: ['frontal', 'paracentral lobule'],
  parahippocampal: ['temporal', 'parahippocampal gyrus'],
  parsopercularis: ['frontal', 'pars opercularis', 'inferior frontal gyrus', 'Broca’s area'],
  parsorbitalis: ['frontal', 'pars orbitalis', 'inferior frontal gyrus'],
  parstriangularis: ['frontal', 'pars triangularis', 'inferior frontal gyrus', 'Broca’s area'],
  pericalcarine: ['occipital', 'pericalcarine cortex', 'primary visual cortex'],
  postcentral: ['parietal', 'postcentral gyrus', 'primary somatosensory cortex'],
  posteriorcingulate: ['cingulate', 'posterior cingulate'],
  precentral: ['frontal', 'precentral gyrus', 'primary motor cortex'],
  precuneus: ['parietal', 'precuneus'],
  rostralanteriorcingulate: ['cingulate', 'rostral anterior cingulate', 'anterior cingulate'],
  rostralmiddlefrontal: ['frontal', 'rostral middle frontal gyrus', 'middle frontal gyrus'],
  superiorfrontal: ['frontal', 'superior frontal gyrus'],
  superiorparietal: ['parietal', 'superior parietal lobule'],
  superiortemporal: ['temporal', 'superior temporal gyrus'],
  supramarginal: ['parietal', 'supramarginal gyrus'],
  temporalpole: ['temporal', 'temporal pole'],
  transversetemporal: ['temporal', 'transverse temporal gyrus', 'Heschl’s gyrus', 'primary auditory cortex'],
};

const lobeNames: Readonly<Record<Lobe, readonly string[]>> = {
  frontal: ['frontal lobe', 'frontal cortex'],
  parietal: ['parietal lobe', 'parietal cortex'],
  temporal: ['temporal lobe', 'temporal cortex'],
  occipital: ['occipital lobe', 'occipital cortex', 'visual cortex'],
  cingulate: ['cingulate cortex', 'cingulate gyrus'],
  insular: [],
};

/** A region of the cortex; all regions together are the cerebral cortex. */
export function cortexRegion(label: string): BrainName | undefined {
  const region = regions[label];
  if (region === undefined) return undefined;
  const [lobe, name, ...synonyms] = region;
  return known(name, ...synonyms, ...lobeNames[lobe], 'cerebral cortex', 'grey matter', ...CORTEX);
}
