import type { NiftiWriteSpec, VolumeImage } from '@parse3d/volume/formats';
import type { LocalOutput } from '../types.js';
import { writeVolume } from './files.js';

/** In what form values are stored so that a reader gets exactly those that the engine saw. */
type Form = Pick<NiftiWriteSpec, 'datatype' | 'scaling'>;

/**
 * Writes the volume itself as `volume.nii.gz`, on the grid of the label map and with the same header. Nothing of the
 * input but space and values gets into it.
 * @throws Problem `internal` when the file cannot be written
 */
export function volumeFile(image: VolumeImage, folder: string): () => Promise<LocalOutput> {
  return () => writeVolume(folder, 'volume.nii.gz', image.data, image, losslessForm(image));
}

/**
 * Integers stay integers, with the scaling that their file had: divided out, it gives the stored numbers again, or ones
 * that read as the same values where float32 is coarser than a step. 64-bit integers, which are read as float64, become
 * 32-bit ones where they fit. Everything else is stored as it lies in memory.
 */
function losslessForm({ data, header }: Pick<VolumeImage, 'data' | 'header'>): Form {
  const { datatype, scaling } = header;
  switch (datatype) {
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
      return { datatype, scaling };
    case 'int64':
    case 'uint64':
      return { datatype: smallestFor(data) };
    case 'float32':
    case 'float64':
      return { datatype };
    default:
      return datatype satisfies never;
  }
}

function smallestFor(values: VolumeImage['data']): NiftiWriteSpec['datatype'] {
  let least = 0;
  let most = 0;
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n];
    if (!Number.isInteger(value)) return 'float64';
    if (value < least) least = value;
    else if (value > most) most = value;
  }
  if (least >= -(2 ** 31) && most < 2 ** 31) return 'int32';
  return least >= 0 && most < 2 ** 32 ? 'uint32' : 'float64';
}
