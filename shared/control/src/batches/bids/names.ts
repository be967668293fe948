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

/** The parts of a path such as `sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz`, or undefined for another. */
export function parseBidsPath(path: string): BidsImage | undefined {
  const [, folder, stem] =
    /^(sub-[A-Za-z0-9+]+\/(?:ses-[A-Za-z0-9+]+\/)?[a-z]+)\/([^/]+)\.nii(?:\.gz)?$/.exec(path) ?? [];
  const parts = stem?.split('_') ?? [];
  const suffix = parts.pop();
  if (folder === undefined || suffix === undefined || !/^[A-Za-z0-9]+$/.test(suffix)) return undefined;
  const wellFormed = parts.length > 0 && parts.every((part) => /^[a-z]+-[A-Za-z0-9+]+$/.test(part));
  return wellFormed ? { folder, entities: parts, suffix } : undefined;
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
