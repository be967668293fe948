/** An image of a BIDS dataset, by its path below the dataset's root. */
export interface BidsImage {
  /** `sub-01/ses-1/anat` */
  readonly folder: string;
  /** `['sub-01', 'ses-1', 'acq-fast']`, in the order of the name. */
  readonly entities: readonly string[];
  readonly suffix: string;
}

/** Entities in the order that BIDS 1.10 gives them in names of images and their derivatives. */
const ORDER = [
  ...['sub', 'ses', 'sample', 'task', 'tracksys', 'acq', 'voi', 'ce', 'trc', 'stain', 'rec', 'dir', 'run', 'mod'],
  ...['echo', 'flip', 'inv', 'mt', 'part', 'proc', 'hemi', 'space', 'split', 'recording', 'chunk', 'seg', 'res'],
  ...['den', 'label', 'desc'],
] as const;
export type BidsEntity = (typeof ORDER)[number];

/** Letters that labels hold in practice. BIDS has letters, digits and + alone; converters also write dots and underscores. */
const LABEL = '[A-Za-z0-9+.-]+';
const FOLDERS = new RegExp(`^sub-[A-Za-z0-9+._-]+/(?:ses-[A-Za-z0-9+._-]+/)?[a-z]+$`);
const ENTITY = new RegExp(`^[a-z]+-${LABEL}$`);
const REST_OF_LABEL = new RegExp(`^${LABEL}$`);

/**
 * The one reader of paths such as `sub-01/ses-1/anat/sub-01_ses-1_acq-T1_fast_T1w.nii.gz`; undefined for another. A part
 * without a key belongs to the label before it: `acq-T1_fast` is one entity, since converters write it so.
 */
export function parseBidsPath(path: string): BidsImage | undefined {
  const [, folder = '', stem = ''] = /^(.+)\/([^/]+)\.nii(?:\.gz)?$/.exec(path) ?? [];
  const parts = stem.split('_');
  const suffix = parts.pop() ?? '';
  if (!FOLDERS.test(folder) || !/^[A-Za-z0-9]+$/.test(suffix) || !/^sub-/.test(stem)) return undefined;
  const entities: string[] = [];
  for (const part of parts) {
    const before = entities.pop();
    if (ENTITY.test(part)) entities.push(...(before === undefined ? [] : [before]), part);
    else if (before !== undefined && REST_OF_LABEL.test(part)) entities.push(`${before}_${part}`);
    else return undefined;
  }
  return entities.length > 0 ? { folder, entities, suffix } : undefined;
}

/** Why an image of a dataset is not taken. */
export type BidsLeftOut = 'bids-name' | 'bids-elsewhere' | 'bids-part';

/** Which images of a dataset are wanted. */
export interface BidsChoice {
  readonly suffix: string;
  /** Labels that images have to carry, by the keys of their entities: `{ acq: 'mprage' }`. */
  readonly entities?: Readonly<Record<string, string>> | undefined;
}

/** Of these only the magnitude shows anatomy. */
const PARTS = ['phase', 'real', 'imag'];

/**
 * What a file of a dataset is to whoever wants images of one suffix: an image to take; left out with a reason, where its
 * ending says that it is of this kind; or undefined for a file of another kind, which nobody asked for.
 */
export function chooseBids(path: string, { suffix, entities = {} }: BidsChoice): BidsImage | BidsLeftOut | undefined {
  if (!new RegExp(`(^|[_/])${suffix}\\.nii(\\.gz)?$`).test(path)) return undefined;
  if (!path.startsWith('sub-')) return 'bids-elsewhere';
  const image = parseBidsPath(path);
  if (image === undefined) return 'bids-name';
  const labelOf = (key: string): string | undefined =>
    image.entities.find((entity) => entity.startsWith(`${key}-`))?.slice(key.length + 1);
  if (Object.entries(entities).some(([key, label]) => labelOf(key) !== label)) return undefined;
  return entities['part'] === undefined && PARTS.includes(labelOf('part') ?? '') ? 'bids-part' : image;
}

/**
 * The path of a derivative of an image without its extension: the image's own entities (all but the suffix), those that
 * are added at their place in BIDS's order, and the new suffix. An entity that the image has already keeps its value.
 */
export function derivativeStem(
  { folder, entities }: BidsImage,
  added: Partial<Record<BidsEntity, string>>,
  suffix: string,
): string {
  const all = [...entities];
  for (const [name, value] of Object.entries(added)) {
    if (entities.some((entity) => entity.startsWith(`${name}-`))) continue;
    const before = all.findIndex((entity) => placeOf(entity) > ORDER.findIndex((known) => known === name));
    all.splice(before < 0 ? all.length : before, 0, `${name}-${value}`);
  }
  return `${folder}/${[...all, suffix].join('_')}`;
}

/** Entities that BIDS does not know stay where they are. */
const placeOf = (entity: string): number => ORDER.findIndex((known) => entity.startsWith(`${known}-`));

/** Labels of prompts as BIDS allows them: letters and digits, `left hippocampus` as `leftHippocampus`, each once. */
export function bidsLabels(findings: readonly { readonly prompt: string; readonly label: number }[]): string[] {
  const taken = new Set<string>();
  return findings.map(({ prompt, label }) => {
    const words = prompt
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .split(/[^A-Za-z0-9]+/)
      .filter((word) => word !== '');
    const name = words
      .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
      .join('');
    const unique = name === '' || taken.has(name.toLowerCase()) ? `${name}label${label}` : name;
    // File systems that ignore case must not meet two of them.
    taken.add(unique.toLowerCase());
    return unique;
  });
}
