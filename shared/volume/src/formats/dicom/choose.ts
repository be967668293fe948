import { Problem } from '@parse3d/contract/problems';
import { severalGrids } from './grids.js';
import type { SliceHeader } from './types.js';
import { tellingTraits, type SeriesVolume } from './volumes.js';

/** So many volumes a message names; the problem's fields hold more. */
const [TOLD, LISTED] = [8, 256];

/** What a list says of a volume. */
interface Described {
  readonly volume: number;
  readonly slices: number;
  /** Only where slices are missing. */
  readonly missing?: number;
  readonly [trait: string]: string | number | undefined;
}

/**
 * The one volume that the series holds, or the one that was asked for.
 * @param grids the volumes of each grid
 * @param wanted its number, from 1
 * @throws Problem `volume-not-3d` or `dicom-geometry` with the list where none was chosen; `dicom-slices-missing` when
 * others have images at places where the chosen one has none
 */
export function chooseVolume(
  grids: readonly (readonly SeriesVolume[])[],
  differ: string | undefined,
  wanted: number | undefined,
): { chosen: SeriesVolume; warnings: string[] } {
  const volumes = grids.flat();
  const described = describe(grids);
  const chosen = volumes[(wanted ?? 1) - 1];
  if (chosen === undefined || (wanted === undefined && volumes.length > 1)) {
    throw wanted === undefined ? notChosen(described, differ) : noSuch(wanted, described);
  }
  const missing = chosen.places - chosen.slices.length;
  if (missing > 0) {
    throw new Problem(
      'dicom-slices-missing',
      `other volumes of the series have images at ${chosen.places} places, this one at ${chosen.slices.length}`,
      { expected: chosen.places, actual: chosen.slices.length, missing },
    );
  }
  if (volumes.length === 1) return { chosen, warnings: [] };
  const number = wanted ?? 1;
  const told = toldOf(described[number - 1]);
  return { chosen, warnings: [`This is volume ${number} of the ${volumes.length} that the series holds (${told}).`] };
}

function describe(grids: readonly (readonly SeriesVolume[])[]): Described[] {
  return grids
    .flatMap((volumes) => {
      const telling = tellingTraits(volumes);
      // Numbers of an object's own making say something only where nothing else does.
      const speaking = telling.filter((trait) => trait !== 'dimension index' && trait !== 'instance');
      const traits = (speaking.length > 0 ? speaking : telling).slice(0, 4);
      return volumes.map(({ slices, places }) => ({
        slices: slices.length,
        ...(places > slices.length ? { missing: places - slices.length } : {}),
        ...(grids.length > 1 ? { plane: planeOf(slices[0]), size: sizeOf(slices[0]) } : {}),
        ...Object.fromEntries(traits.map((trait) => [trait, slices[0].traits[trait]])),
      }));
    })
    .map((volume, n) => ({ volume: n + 1, ...volume }));
}

function toldOf({ slices, volume: _, ...traits }: Described = { volume: 0, slices: 0 }): string {
  const others = Object.entries(traits).map(([name, value]) => `${name} ${value}`);
  return [`${slices} ${slices === 1 ? 'slice' : 'slices'}`, ...others].join(', ');
}

function listOf(volumes: readonly Described[]): string {
  const told = volumes.slice(0, TOLD).map((volume) => `${volume.volume}: ${toldOf(volume)}`);
  return `${told.join('; ')}${volumes.length > TOLD ? '; …' : ''}`;
}

function notChosen(volumes: readonly Described[], differ: string | undefined): Problem {
  const listed = volumes.slice(0, LISTED);
  const choose = `choose one by its number, such as --volume 1 (${listOf(volumes)})`;
  if (differ !== undefined) return severalGrids(differ, listed, `; ${choose}`);
  return new Problem('volume-not-3d', `expected one volume, the series holds ${volumes.length}; ${choose}`, {
    volumes: listed,
    count: volumes.length,
  });
}

function noSuch(wanted: number, volumes: readonly Described[]): Problem {
  return new Problem(
    'volume-not-3d',
    `expected a volume from 1 to ${volumes.length}, got ${wanted} (${listOf(volumes)})`,
    { volume: wanted, count: volumes.length, volumes: volumes.slice(0, LISTED) },
  );
}

const sizeOf = ({ pixels }: SliceHeader): string => `${pixels.columns}×${pixels.rows}`;

/** The plane that the slices are nearest to. */
function planeOf({ rowDirection: r, columnDirection: c }: SliceHeader): string {
  const normal = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]].map(Math.abs);
  return ['sagittal', 'coronal', 'axial'][normal.indexOf(Math.max(...normal))] ?? 'axial';
}
