import type { FrameView } from './frame-view.js';
import { text, type DataSet } from './parse.js';
import type { Trait } from './types.js';

/** How a value is stored: as text, or as binary numbers. */
type Storage = 'text' | keyof typeof SIZES;
const SIZES = { float64: 8, float32: 4, uint32: 4, uint16: 2 } as const;

interface Source {
  readonly trait: Trait;
  readonly group?: string | readonly [string, string];
  /** Several where each holds one number of a vector. */
  readonly tag: string | readonly string[];
  readonly stored: Storage;
}

const FRAME_CONTENT = 'x00209111';
const DIFFUSION = 'x00189117';
const GE_GRADIENT = ['x001910bb', 'x001910bc', 'x001910bd'] as const;

/**
 * Where vendors and the standard write what differs between volumes. The first source of a trait that has a value
 * counts. An attribute alone is that of ordinary images (and of what is common to all frames of an object).
 */
const SOURCES: readonly Source[] = [
  { trait: 'stack', group: FRAME_CONTENT, tag: 'x00209056', stored: 'text' },
  { trait: 'echo number', tag: 'x00180086', stored: 'text' },
  { trait: 'echo time (ms)', group: 'x00189114', tag: 'x00189082', stored: 'float64' },
  { trait: 'echo time (ms)', tag: 'x00180081', stored: 'text' },
  { trait: 'inversion time (ms)', group: ['x00189115', 'x00189079'], tag: 'x00189079', stored: 'float64' },
  { trait: 'inversion time (ms)', tag: 'x00180082', stored: 'text' },
  { trait: 'energy (kV)', group: 'x00189325', tag: 'x00180060', stored: 'text' },
  { trait: 'energy (kV)', tag: 'x00180060', stored: 'text' },
  { trait: 'phase of the cycle (%)', group: 'x00189118', tag: 'x00189245', stored: 'float64' },
  { trait: 'phase of the cycle (%)', tag: 'x00209241', stored: 'float64' },
  { trait: 'trigger time (ms)', group: 'x00189118', tag: 'x00209153', stored: 'float64' },
  { trait: 'trigger time (ms)', tag: 'x00181060', stored: 'text' },
  { trait: 'b-value (s/mm²)', group: DIFFUSION, tag: 'x00189087', stored: 'float64' },
  { trait: 'b-value (s/mm²)', tag: 'x00189087', stored: 'float64' },
  // Siemens, GE, Philips, United Imaging.
  { trait: 'b-value (s/mm²)', tag: 'x0019100c', stored: 'text' },
  { trait: 'b-value (s/mm²)', tag: 'x00431039', stored: 'text' },
  { trait: 'b-value (s/mm²)', tag: 'x20011003', stored: 'float32' },
  { trait: 'b-value (s/mm²)', tag: 'x00651009', stored: 'float64' },
  { trait: 'diffusion', group: DIFFUSION, tag: 'x00189075', stored: 'text' },
  { trait: 'gradient', group: [DIFFUSION, 'x00189076'], tag: 'x00189089', stored: 'float64' },
  { trait: 'gradient', tag: 'x00189089', stored: 'float64' },
  { trait: 'gradient', tag: 'x0019100e', stored: 'float64' },
  // GE keeps them in three numbers of "user data", which other machines use for other things.
  { trait: 'gradient', tag: GE_GRADIENT, stored: 'text' },
  { trait: 'temporal position', group: FRAME_CONTENT, tag: 'x00209128', stored: 'uint32' },
  { trait: 'temporal position', tag: 'x00200100', stored: 'text' },
  { trait: 'time (s)', group: 'x00209310', tag: 'x0020930d', stored: 'float64' },
  { trait: 'frame reference time (ms)', tag: 'x00541300', stored: 'text' },
  { trait: 'acquisition', group: FRAME_CONTENT, tag: 'x00209156', stored: 'uint16' },
  { trait: 'acquisition', tag: 'x00200012', stored: 'text' },
];

/** FrameType, which refines ImageType, stands in a group of its class: MR, CT, PET, X-ray 3D, ophthalmic, ultrasound. */
const FRAME_TYPES = ['x00189226', 'x00189329', 'x00189751', 'x00189504', 'x00220031', 'x00189806'];

/** What tells the volume of this frame from others of its series. */
export function readTraits(view: FrameView): Partial<Record<Trait, string>> {
  const traits: Partial<Record<Trait, string>> = {};
  const add = (trait: Trait, value: string | undefined): void => {
    if (value !== undefined && traits[trait] === undefined) traits[trait] = value;
  };
  for (const { trait, group, tag, stored } of SOURCES) {
    if (group !== undefined && !view.enhanced) continue;
    const [first = '', ...others] = typeof tag === 'string' ? [tag] : tag;
    const set = group === undefined ? view.root : view.holder(group, first);
    if (others.length > 0 && !isOfGe(set)) continue;
    if (group === undefined || set !== view.root) add(trait, vectorOf(set, [first, ...others], stored));
  }
  add('kind', kindOf(view));
  if (view.enhanced) {
    add('dimension index', dimensionIndex(view));
    // Several objects with frames are mostly one volume each.
    add('instance', text(view.root, 'x00200013'));
  }
  return traits;
}

function kindOf(view: FrameView): string | undefined {
  const first = (tag: string): string | undefined =>
    FRAME_TYPES.map((group) => text(view.holder(group, tag), tag)).find((value) => value !== undefined);
  const said = [first('x00089007') ?? text(view.root, 'x00080008'), first('x00089208')];
  return printable(said.filter((value) => value !== undefined).join('\\'));
}

/** The values along dimensions that are not places: for what no other trait tells. */
function dimensionIndex(view: FrameView): string | undefined {
  const dimensions = view.root.elements['x00209222']?.items ?? [];
  const element = view.holder(FRAME_CONTENT, 'x00209157');
  const values = dimensions.flatMap(({ dataSet }, n) => {
    const pointer = dataSet === undefined ? undefined : attributeTag(dataSet, 'x00209165');
    const value = element.elements['x00209157'] === undefined ? undefined : element.uint32('x00209157', n);
    return value === undefined || pointer === undefined || PLACES.has(pointer) ? [] : [value];
  });
  return values.length === 0 ? undefined : values.join(' ');
}

/** Stack, place in the stack, position of the image, slice location. */
const PLACES = new Set([0x0020_9056, 0x0020_9057, 0x0020_0032, 0x0020_9301, 0x0020_1041]);

function attributeTag(set: DataSet, tag: string): number | undefined {
  const [group, element] = [set.uint16(tag, 0), set.uint16(tag, 1)];
  return group === undefined || element === undefined ? undefined : group * 0x1_0000 + element;
}

const isOfGe = (set: DataSet): boolean => text(set, 'x00190010') === 'GEMS_ACQU_01';

function vectorOf(set: DataSet, tags: readonly string[], stored: Storage): string | undefined {
  const values = tags.flatMap((tag) => valueOf(set, tag, stored) ?? []);
  return values.length < tags.length ? undefined : values.join(' ');
}

function valueOf(set: DataSet, tag: string, stored: Storage): string | undefined {
  const element = set.elements[tag];
  if (element === undefined || element.length === 0) return undefined;
  if (stored === 'text') return printable(text(set, tag) ?? '');
  const count = Math.min(3, Math.floor(element.length / SIZES[stored]));
  const read = { float64: 'double', float32: 'float', uint32: 'uint32', uint16: 'uint16' } as const;
  const numbers = Array.from({ length: count }, (_, n) => set[read[stored]](tag, n));
  const known = numbers.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.map((value) => Number(value.toPrecision(6))).join(' ');
}

/** Numbers and defined terms alone, cut: whatever else stands there could be a text about a person. */
function printable(value: string): string | undefined {
  const [term = ''] = [value.toUpperCase().replace(/[^A-Z0-9.\\+\-_ ]/g, '')];
  const cut = term.trim().slice(0, 64);
  return cut === '' ? undefined : cut;
}
