/** Rules of BIDS 1.10 for a derivative dataset of segmentations, written down from the specification. */

const ENTITY_ORDER = [
  ...['sub', 'ses', 'sample', 'task', 'tracksys', 'acq', 'voi', 'ce', 'trc', 'stain', 'rec', 'dir', 'run', 'mod'],
  ...['echo', 'flip', 'inv', 'mt', 'part', 'proc', 'hemi', 'space', 'split', 'recording', 'chunk', 'seg', 'res'],
  ...['den', 'label', 'desc'],
];
const DATATYPES = ['anat', 'func', 'dwi', 'fmap', 'perf', 'pet', 'micr', 'meg', 'eeg', 'ieeg', 'beh', 'motion', 'nirs'];
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  dseg: ['.nii.gz', '.nii', '.json', '.tsv'],
  mask: ['.nii.gz', '.nii', '.json'],
  probseg: ['.nii.gz', '.nii', '.json'],
};
const ROOT_FILES = [
  'dataset_description.json',
  'README',
  'README.md',
  'README.txt',
  'CHANGES',
  'LICENSE',
  'participants.tsv',
];

/** What is wrong with a path of a derivative dataset, or undefined. */
export function faultOfPath(path: string): string | undefined {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  if (parts.length === 0) return ROOT_FILES.includes(name) ? undefined : `${name} is no file of a dataset's root`;
  const [subject = '', ...rest] = parts;
  const session = rest[0]?.startsWith('ses-') === true ? rest.shift() : undefined;
  const [datatype = '', ...deeper] = rest;
  if (!/^sub-[A-Za-z0-9+]+$/.test(subject)) return `${subject} is no subject`;
  if (session !== undefined && !/^ses-[A-Za-z0-9+]+$/.test(session)) return `${session} is no session`;
  if (!DATATYPES.includes(datatype) || deeper.length > 0) return `${rest.join('/')} is no datatype`;

  const dot = name.indexOf('.');
  const [stem, extension] = [name.slice(0, dot), name.slice(dot)];
  const entities = stem.split('_');
  const suffix = entities.pop() ?? '';
  if (EXTENSIONS[suffix]?.includes(extension) !== true) return `${suffix}${extension} is no file of a segmentation`;
  const places: number[] = [];
  for (const entity of entities) {
    const [, key = '', value = ''] = /^([a-z]+)-([A-Za-z0-9+]+)$/.exec(entity) ?? [];
    if (value === '') return `${entity} is no entity`;
    places.push(ENTITY_ORDER.indexOf(key));
  }
  if (places.includes(-1)) return `an entity of ${name} is unknown`;
  if (places.some((place, index) => index > 0 && place <= (places[index - 1] ?? -1)))
    return `entities of ${name} are out of order`;
  if (entities[0] !== subject) return `${name} lies in the folder of ${subject}`;
  if ((entities.find((entity) => entity.startsWith('ses-')) ?? session) !== session)
    return `${name} lies in another session`;
  return undefined;
}
