import { NVImage } from '@niivue/niivue';
import { NotShown } from './not-shown.js';

/** @throws NotShown when the bytes are no NIfTI volume */
export async function readImage(bytes: ArrayBuffer, name: string, colormap = 'gray'): Promise<NVImage> {
  // Whether it is compressed shows in the bytes; a name may say something else.
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  const plain = name.replace(/(\.nii)?(\.gz)?$/, '');
  const file = new File([bytes], first === 0x1f && second === 0x8b ? `${plain}.nii.gz` : `${plain}.nii`);
  const load = NVImage.loadFromFile({ file, name: file.name, colormap, trustCalMinMax: false });
  return load.catch((cause: unknown) => {
    throw new NotShown('It does not read as a NIfTI volume; only .nii and .nii.gz files are.', { cause });
  });
}
