import { Problem } from '@parse3d/contract/problems';
import type { SeriesTraits, SliceHeader } from './types.js';

const UID = /^[0-9.]{1,64}$/;

/**
 * Refuses images of several series. They are named by number, modality and size: descriptions and UIDs would tell of a
 * patient. A SeriesInstanceUID that is none (a word in its place) tells nothing, nor do UIDs of which each image has its
 * own; number, modality and size decide then.
 * @throws Problem `dicom-several-series`
 */
export function assertOneSeries(all: readonly SeriesTraits[]): void {
  const lonely = all.length > 2 && new Set(all.map(({ seriesUid }) => seriesUid)).size === all.length;
  const images = new Map<string, { traits: SeriesTraits; count: number }>();
  for (const traits of all) {
    const { seriesUid, seriesNumber, modality, rows, columns } = traits;
    const told = UID.test(seriesUid) && !lonely;
    const key = told ? seriesUid : [seriesNumber, modality, rows, columns].join(' ');
    const group = images.get(key) ?? { traits, count: 0 };
    images.set(key, { ...group, count: group.count + 1 });
  }
  if (images.size <= 1) return;
  const found = [...images.values()].map(({ traits, count }) => ({
    series: traits.seriesNumber ?? null,
    modality: traits.modality,
    images: count,
    size: `${traits.columns}×${traits.rows}`,
  }));
  const told = found
    .slice(0, 8)
    .map(({ series, modality, images: count, size }) => `series ${series ?? '?'}: ${count} of ${modality}, ${size}`);
  throw new Problem(
    'dicom-several-series',
    `expected one series, there are ${images.size} (${told.join('; ')}${found.length > 8 ? '; …' : ''}); give one of them`,
    { series: found.slice(0, 32) },
  );
}

/**
 * Refuses an object whose frames were parted into several files, when a part is not here.
 * @throws Problem `dicom-slices-missing`
 */
export function assertWholeConcatenations(slices: readonly SliceHeader[]): void {
  const parts = new Map<string, { found: Set<number>; total: number }>();
  for (const { concatenation } of slices) {
    if (concatenation === undefined) continue;
    const { uid, part, total } = concatenation;
    const known = parts.get(uid) ?? { found: new Set<number>(), total: 0 };
    parts.set(uid, { found: known.found.add(part), total: Math.max(known.total, total ?? 0, part) });
  }
  for (const { found, total } of parts.values()) {
    if (found.size >= total) continue;
    throw new Problem(
      'dicom-slices-missing',
      `an object was parted into ${total} files (a concatenation), ${found.size} of them are here`,
      { expected: total, actual: found.size, missing: total - found.size },
    );
  }
}

/** How the identifiers of one series are not as the standard says, in words for the user. */
export interface IdentifierReport {
  readonly warnings: readonly string[];
  /** Why a derived object cannot refer to the images. */
  readonly unreferable: string | undefined;
}

/**
 * De-identifiers write words, letters, one UID for all images, or a new one into each. None of these matters where
 * nothing refers to an image.
 */
export function reportIdentifiers(slices: readonly SliceHeader[]): IdentifierReport {
  const malformed = (
    [
      ['SOPClassUID', 'sopClassUid'],
      ['SOPInstanceUID', 'sopInstanceUid'],
      ['SeriesInstanceUID', 'seriesUid'],
      ['StudyInstanceUID', 'studyUid'],
    ] as const
  ).flatMap(([name, field]) => {
    const [wrong] = slices.flatMap((slice) => faultOf(slice[field]) ?? []);
    return wrong === undefined ? [] : [`${name} ${wrong}`];
  });
  const [frame] = slices.flatMap(({ frameOfReferenceUid: uid }) => (uid === undefined ? [] : (faultOf(uid) ?? [])));
  if (frame !== undefined) malformed.push(`FrameOfReferenceUID ${frame}`);
  const instances = new Set(
    slices.map(({ sopInstanceUid, frame, tile }) => `${sopInstanceUid} ${frame} ${tile?.index}`),
  ).size;
  const shared = instances < slices.length ? slices.length - instances + 1 : 0;
  const own = (['seriesUid', 'studyUid', 'frameOfReferenceUid'] as const).filter(
    (field) => slices.length > 1 && new Set(slices.map((slice) => slice[field])).size > 1,
  );
  const faults = [
    ...malformed,
    ...(shared > 0 && malformed.every((fault) => !fault.startsWith('SOPInstanceUID'))
      ? [`${shared} images or more share a SOPInstanceUID`]
      : []),
    ...own.map((field) => `images differ in ${NAMES[field]}, as those of one series never do`),
  ];
  if (faults.length === 0) {
    const inMosaics = slices.some(({ tile }) => tile !== undefined);
    return {
      warnings: [],
      unreferable: inMosaics ? 'it refers to images, and the slices of a mosaic are not images' : undefined,
    };
  }
  const told = faults.join('; ');
  return {
    warnings: [`Identifiers are not as DICOM has them (${told}): the images were told apart by their places.`],
    unreferable: `it has to refer to images by their identifiers, and of these ${told}`,
  };
}

const NAMES = {
  seriesUid: 'SeriesInstanceUID',
  studyUid: 'StudyInstanceUID',
  frameOfReferenceUid: 'FrameOfReferenceUID',
} as const;

function faultOf(uid: string): string | undefined {
  if (uid === '') return 'is missing';
  if (uid.length > 64) return 'is longer than 64 characters';
  return UID.test(uid) ? undefined : 'holds letters or other characters than digits and dots';
}
